@SITE tests/plan/any.yaml
@MACHINE tests/machines/held-raid-lvm.json
@KIND first
@WIPE S4EMNX0R600100
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
