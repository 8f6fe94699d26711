@SITE tests/sites/lab.yaml
@MACHINE tests/machines/no-disk.json
@KIND admin
@EXPECT
error select: site.yaml:5:9: admin.disk: no disk matches, exactly 1 is needed
  no disk was found at all
  hint: check the controller's mode, its cables, and whether it needs a driver that is not here
