@SITE tests/plan/any.yaml
@MACHINE tests/machines/bios-3tb.json
@KIND first
@SHOW table:system boot:system
@EXPECT
plan d39963fe  node-1  (serial unknown, 4 CPUs, 8.0 GiB)
profile first
disk system -> sda  Z1F4ABCD  2.7 TiB  ST3000DM001-1CH1
  because: any disk, the only match of 1
  destroys nothing: the disk is blank
   1 clear     both ends of sda, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 2.7 TiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; no firmware entry: it starts with BIOS
   8 commit    mark the install as finished: disk GUID
               5c393a60-1dd3-8c18-9c81-7f4168003701
table:system needs clear:system
{
  "disk": "system",
  "uuid": "0e11e653-7101-8429-844f-ed839411cc06",
  "parts": [
    {
      "number": 1,
      "name": "fulcrum-bios",
      "type_uuid": "21686148-6449-6e6f-744e-656564454649",
      "uuid": "f6d75da3-6c0a-8477-93bc-606b1075dac8",
      "start_bytes": 1048576,
      "size_bytes": 1048576
    },
    {
      "number": 2,
      "name": "fulcrum-esp",
      "type_uuid": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
      "uuid": "97e8d920-6bc1-8690-b804-0cbacf9a599a",
      "start_bytes": 2097152,
      "size_bytes": 536870912
    },
    {
      "number": 3,
      "name": "fulcrum-swap",
      "type_uuid": "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
      "uuid": "0dfe1e43-ea03-8edd-af38-57da7b1db270",
      "start_bytes": 538968064,
      "size_bytes": 1073741824
    },
    {
      "number": 4,
      "name": "fulcrum-root",
      "type_uuid": "0fc63daf-8483-4772-8e79-3d69d8477de4",
      "uuid": "e6ff3382-cfe8-881e-a93b-367ddd19d206",
      "start_bytes": 1612709888,
      "size_bytes": 2998978740224
    }
  ]
}

boot:system needs identity:root
{
  "kind": "node",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "esps": [
    "system:2"
  ],
  "bios": [
    {
      "disk": "system",
      "number": 1
    }
  ]
}

