@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND other
@AFTER partition
@SHOW table:system
@EXPECT
plan 57a1b919  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile other
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  KEEPS     xfs srv on /srv 112 GiB  (partition 3 fulcrum-srv)
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 20 GiB  (partition 2 fulcrum-root)
  DESTROYS  swap 2.0 GiB  (partition 4 fulcrum-swap)
  DESTROYS  ext4 89 GiB  (partition 5 fulcrum-scratch)
  consent: own earlier deployment
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 clear     wipe 4 things listed above from sda
   2 table     gpt: bios 1.0 MiB, esp 256 MiB, srv 112 GiB kept, root 91 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   5 identity  name node-1, address 192.168.124.81/24, keys, ids
   6 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   7 commit    mark the install as finished: disk GUID
               c5a5f31a-781d-8610-894c-fec53519c249
table:system needs clear:system
{
  "disk": "system",
  "uuid": "5dc672d4-db67-8ff2-92f5-4ee9d4c1be20",
  "parts": [
    {
      "number": 1,
      "name": "fulcrum-bios",
      "type_uuid": "21686148-6449-6e6f-744e-656564454649",
      "uuid": "f75b9256-4034-8f03-a689-0a33799e1679",
      "start_bytes": 1048576,
      "size_bytes": 1048576
    },
    {
      "number": 2,
      "name": "fulcrum-esp",
      "type_uuid": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
      "uuid": "6b208762-cb1a-8290-81bc-43787452afae",
      "start_bytes": 2097152,
      "size_bytes": 268435456
    },
    {
      "number": 3,
      "name": "fulcrum-srv",
      "type_uuid": "0fc63daf-8483-4772-8e79-3d69d8477de4",
      "uuid": "bac56963-a1d3-8c5c-a119-5a130383a246",
      "start_bytes": 22012755968,
      "size_bytes": 120028397568,
      "keep": true
    },
    {
      "number": 4,
      "name": "fulcrum-root",
      "type_uuid": "0fc63daf-8483-4772-8e79-3d69d8477de4",
      "uuid": "6c78bef3-ab8a-8e54-a9d6-11cda3ef6f50",
      "start_bytes": 142041153536,
      "size_bytes": 98014593024
    }
  ]
}

