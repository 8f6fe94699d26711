@SITE tests/sites/example-two-networks.yaml
@MACHINE tests/machines/two-nics.json
@KIND admin
@EXPECT
error select: site.yaml:13:42: links.pair.bond.nics[0]: 1 port matches, exactly 2 are needed
  eth0       52:54:00:aa:bb:01  speed is 1G, wanted >= 10G
  eth1       52:54:00:aa:bb:02  matches
  hint: check the cables, or change the conditions or `count`
