@SITE tests/plan/any.yaml
@MACHINE tests/machines/clones-usb.json
@KIND usb
@EXPECT
error select: site.yaml:31:22: profiles.usb.disks.system: no disk matches, exactly 1 is needed
  sda      0123456789ABCDEF at /devices/pci0000:00/0000:00:14.0/usb/1-1/1-1:1.0/host-0/target:0:0/0:0:0    1.8 TiB  would match, but is never a target: shares its identity (serial 0123456789ABCDEF) with sdb: nothing tells them apart
  sdb      0123456789ABCDEF at /devices/pci0000:00/0000:00:14.0/usb/1-2/1-2:1.0/host-0/target:0:0/0:0:0    1.8 TiB  would match, but is never a target: shares its identity (serial 0123456789ABCDEF) with sda: nothing tells them apart
  nvme0n1  BTHH84210ABC256B                                                                                238 GiB  bus is nvme, wanted usb
  hint: a disk that is in use, read-only or a copy of another is never taken: see beside it
