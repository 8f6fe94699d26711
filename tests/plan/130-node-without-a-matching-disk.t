@SITE tests/sites/lab.yaml
@MACHINE tests/machines/only-stick.json
@KIND node
@EXPECT
error select: site.yaml:24:22: profiles.server.disks.system: no disk matches, exactly 1 is needed
  sda   STICK-1     32 GiB  never a target: boot medium
  hint: change the conditions so that exactly one of these disks matches
