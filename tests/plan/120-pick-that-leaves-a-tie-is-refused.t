@SITE tests/sites/lab.yaml
@MACHINE tests/machines/equal-seats.json
@KIND node
@EXPECT
error select: site.yaml:24:22: profiles.server.disks.system: 2 disks match, and which is the smallest is not clear: several are equal
  vda   /devices/pci0000:00/0000:00:04.0/vda     20 GiB  matches
  vdb   /devices/pci0000:00/0000:00:05.0/vdb     20 GiB  matches
  hint: add a condition, or write `pick: first-by-path`
