@SITE tests/plan/any.yaml
@MACHINE tests/machines/dos-logicals.json
@KIND first
@WIPE WD-WXH1A70C1234
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
