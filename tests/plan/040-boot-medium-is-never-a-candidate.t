@SITE tests/sites/lab-any.yaml
@MACHINE tests/machines/only-stick.json
@KIND admin
@EXPECT
error select: site.yaml:5:9: admin.disk: no disk matches, exactly 1 is needed
  sda   STICK-1     32 GiB  never a target: boot medium
  hint: change the conditions so that exactly one of these disks matches
