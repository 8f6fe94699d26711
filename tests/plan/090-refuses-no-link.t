@SITE tests/sites/lab.yaml
@MACHINE tests/machines/no-link.json
@KIND admin
@EXPECT
error select: site.yaml:16:10: networks.admin.nic: no port matches, exactly 1 is needed
  eth0       52:54:00:aa:bb:01  link is down, wanted up
  hint: check the cable, or change the conditions
