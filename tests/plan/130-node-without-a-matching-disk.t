@SITE tests/sites/lab.yaml
@MACHINE tests/machines/only-stick.json
@KIND node
@EXPECT
error select: site.yaml:24:22: profiles.server.disks.system: no disk matches, exactly 1 is needed
  sda   STICK-1     32 GiB  would match, but is never a target: boot medium
  hint: a disk that is in use, read-only or a copy of another is never taken: see beside it
