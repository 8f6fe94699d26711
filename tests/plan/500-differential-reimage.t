@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND plain
@AFTER plain
@AGAIN
@COMPARED 405 393 4900000 12582912
@SHOW table:system image:root
@EXPECT
plan 185c4524  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile plain
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  unknown content 1.0 MiB  (partition 1 fulcrum-bios)
  DESTROYS  vfat 512 MiB  (partition 2 fulcrum-esp)
  DESTROYS  ext4 20 GiB  (partition 3 fulcrum-root)
  DESTROYS  swap 2.0 GiB  (partition 4 fulcrum-swap)
  DESTROYS  ext4 201 GiB  (partition 5 fulcrum-data)
  consent: own earlier deployment
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 table     gpt: bios 1.0 MiB, esp 512 MiB, root 20 GiB, swap 2.0 GiB, data
               201 GiB; all stay where they are
   2 mkfs      vfat on partition 2, fulcrum-esp
   3 mkfs      swap on partition 4, fulcrum-swap
   4 mkfs      ext4 on partition 5, fulcrum-data
   5 image     debian-13@20261122T0000Z, 12 of 405 chunks differ: 4.7 MiB to
               fetch, 12 MiB to write
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               722eabd9-16fb-855c-bb2a-10c85d62bf57
table:system
{
  "disk": "system",
  "uuid": "60ade7f4-cd5b-8e01-a189-b896ea3a32cb",
  "parts": [
    {
      "number": 1,
      "name": "fulcrum-bios",
      "type_uuid": "21686148-6449-6e6f-744e-656564454649",
      "uuid": "f6d75da3-6c0a-8477-93bc-606b1075dac8",
      "start_bytes": 1048576,
      "size_bytes": 1048576,
      "keep": true
    },
    {
      "number": 2,
      "name": "fulcrum-esp",
      "type_uuid": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
      "uuid": "97e8d920-6bc1-8690-b804-0cbacf9a599a",
      "start_bytes": 2097152,
      "size_bytes": 536870912,
      "keep": true
    },
    {
      "number": 3,
      "name": "fulcrum-root",
      "type_uuid": "0fc63daf-8483-4772-8e79-3d69d8477de4",
      "uuid": "e6ff3382-cfe8-881e-a93b-367ddd19d206",
      "start_bytes": 538968064,
      "size_bytes": 21474836480,
      "keep": true
    },
    {
      "number": 4,
      "name": "fulcrum-swap",
      "type_uuid": "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
      "uuid": "0dfe1e43-ea03-8edd-af38-57da7b1db270",
      "start_bytes": 22013804544,
      "size_bytes": 2147483648,
      "keep": true
    },
    {
      "number": 5,
      "name": "fulcrum-data",
      "type_uuid": "0fc63daf-8483-4772-8e79-3d69d8477de4",
      "uuid": "1f452a59-c628-8566-b634-35811313f3f3",
      "start_bytes": 24161288192,
      "size_bytes": 215894458368,
      "keep": true
    }
  ]
}

image:root needs table:system
{
  "dev": "system:3",
  "image": "debian-13",
  "version": "20261122T0000Z",
  "list_hash": "1111111111111111111111111111111111111111111111111111111111111111",
  "uuid": "1327d115-1de2-8af3-8c2a-881b802dfbf7",
  "image_bytes": 433061888,
  "data_bytes": 4900000,
  "diff": true,
  "write_bytes": 12582912
}

