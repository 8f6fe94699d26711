@SITE tests/sites/lab.yaml
@MACHINE tests/machines/two-nics.json
@KIND admin
@EXPECT
error select: site.yaml:16:10: networks.admin.nic: 2 ports match, exactly 1 is needed
  eth0       52:54:00:aa:bb:01  matches
  eth1       52:54:00:aa:bb:02  matches
  hint: add `mac:` to say which
