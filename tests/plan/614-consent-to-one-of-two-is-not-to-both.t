@SITE tests/plan/any.yaml
@MACHINE tests/machines/dirty-raid.json
@KIND pair
@WIPE WD-WCC7K0AB12C0
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
