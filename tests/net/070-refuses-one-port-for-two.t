@SITE tests/net/lacp.yaml
@MACHINE tests/machines/four-nics.json
@KIND twice
@EXPECT
error select: port eth0 52:54:00:aa:cc:00 is wanted twice, by slow and by fast
  hint: make their conditions such that no port matches both; fulcrum-install explain shows each
