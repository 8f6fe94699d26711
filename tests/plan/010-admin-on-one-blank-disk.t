@SITE tests/sites/lab.yaml
@MACHINE tests/machines/one-nvme.json
@KIND admin
@EXPECT
plan e050037e  admin.lab.example  (serial QEMU-0001, 2 CPUs, 4.0 GiB)
disk system -> nvme0n1  S5GXNF0R123456  477 GiB  QEMU NVMe Ctrl
  because: bus nvme, >= 200G, the only match of 1
  destroys nothing: the disk is blank
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.10/24
note: network office is not configured: site.yaml:20:10: networks.office.nic: no
      port matches, exactly 1 is needed
   1 clear     both ends of nvme0n1, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, slot-a 1.0 GiB, slot-b 1.0 GiB,
               data 474 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      ext4 on partition 3, fulcrum-slot-a
   5 mkfs      ext4 on partition 4, fulcrum-slot-b
   6 mkfs      ext4 on partition 5, fulcrum-data
   7 system    release 20261122-test into slot A
   8 seed      321 files, 429 MiB, every byte checked
   9 admin     site lab-west, 192.168.124.10 on port 52:54:00:aa:bb:01
  10 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               nvme0n1; firmware entry "Fulcrum admin.lab.example", the first
  11 commit    mark the install as finished: disk GUID
               23843d5d-e550-8a0e-adab-189f9a5bca51
