@SITE tests/sites/lab.yaml
@MACHINE tests/machines/no-disk.json
@KIND admin
@EXPECT
error select: site.yaml:5:9: admin.disk: no disk matches, exactly 1 is needed
  no disk was found at all
  hint: change the conditions so that exactly one of these disks matches
