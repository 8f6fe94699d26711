@SITE tests/net/lacp.yaml
@MACHINE tests/machines/four-nics.json
@KIND elsewhere
@EXPECT
error select: the machine netbooted from port 52:54:00:aa:cc:00, which is not in link slow of the admin network
  hint: plug it in there, or change the link's conditions; in a profile, `links` are its nodes' own
