@SITE tests/plan/any.yaml
@MACHINE tests/machines/windows-dual-boot.json
@KIND largest
@WIPE PHHH1234005X512G
@EXPECT
plan f2409118  node-1  (serial 7XK2LM3, 8 CPUs, 16 GiB)
profile largest
disk system -> nvme0n1  PHHH1234005X512G  477 GiB  INTEL SSDPEKNW512G8
  because: any disk, the only match of 1
  DESTROYS  vfat "SYSTEM" 100 MiB  (partition 1 EFI system partition)
  DESTROYS  unknown content 16 MiB  (partition 2 Microsoft reserved partition)
  DESTROYS  ntfs "Windows" 356 GiB  (partition 3 Basic data partition)
  DESTROYS  ext4 "ubuntu" 120 GiB  (partition 4)
  DESTROYS  ntfs "WinRE" 700 MiB  (partition 5 Recovery)
  consent: operator
     -- from step 1 on the old content is gone --
   1 clear     wipe 5 things listed above from nvme0n1
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 475 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               nvme0n1; firmware entry "Fulcrum node-1", after those of the
               network
   8 commit    mark the install as finished: disk GUID
               e32c5695-eedc-8ab1-bce3-d75b8b6e09ff
