@SITE tests/plan/any.yaml
@MACHINE tests/machines/small-dom.json
@KIND admin
@EXPECT
error select: site.yaml:5:9: admin.disk: no disk matches, exactly 1 is needed
  sda   20140812AA00    7.5 GiB  size is 7.5 GiB, wanted >= 8G
  hint: change the conditions so that exactly one of these disks matches
