@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND mirror
@SHOW raid:md-root table:system.1 mkfs:fulcrum-esp@system.1 identity:root boot:system
@EXPECT
plan 347473b3  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile mirror
disk system.0 -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, the only 2 that match of 6
  destroys nothing: the disk is blank
disk system.1 -> sdb  SSD-0002  224 GiB  Example SSD
  destroys nothing: the disk is blank
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdb, to be sure
   3 table     gpt on sda: bios 1.0 MiB, esp 512 MiB, md-root 223 GiB
   4 table     gpt on sdb: bios 1.0 MiB, esp 512 MiB, md-root 223 GiB
   5 mkfs      vfat on partition 2 of sda, fulcrum-esp
   6 mkfs      vfat on partition 2 of sdb, fulcrum-esp
   7 raid      md-root: level 1 over 2 partitions, 223 GiB
   8 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   9 identity  name node-1, address 192.168.124.81/24, keys, ids
  10 boot      UEFI removable path on 2 ESPs, signed shim and GRUB; BIOS on sda,
               sdb; firmware entry "Fulcrum node-1", after those of the network
  11 commit    mark the install as finished: disk GUID
               4f7aad6f-6fb6-8d03-b161-288f1a5ec189
raid:md-root needs table:system.0, table:system.1
{
  "name": "md-root",
  "uuid": "2a552b5e:43c38502:94b82fab:3290a578",
  "metadata": "1.0",
  "level": 1,
  "members": [
    "system.0:3",
    "system.1:3"
  ]
}

table:system.1 needs clear:system.1
{
  "disk": "system.1",
  "uuid": "4343fd5a-77e5-89b7-b228-2d1f49afc947",
  "parts": [
    {
      "number": 1,
      "name": "fulcrum-bios",
      "type_uuid": "21686148-6449-6e6f-744e-656564454649",
      "uuid": "837262a1-e6c3-8604-bfe3-6b84585c3454",
      "start_bytes": 1048576,
      "size_bytes": 1048576
    },
    {
      "number": 2,
      "name": "fulcrum-esp",
      "type_uuid": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
      "uuid": "7cdd10f9-b0dc-8f93-a936-22445509b2e7",
      "start_bytes": 2097152,
      "size_bytes": 536870912
    },
    {
      "number": 3,
      "name": "fulcrum-md-root",
      "type_uuid": "a19d880f-05fc-4d3b-a006-743f0f84911e",
      "uuid": "c8846038-387f-8aa2-b408-29f425ae2d89",
      "start_bytes": 538968064,
      "size_bytes": 239516778496
    }
  ]
}

mkfs:fulcrum-esp@system.1 needs table:system.0, table:system.1
{
  "dev": "system.1:2",
  "fs": "vfat",
  "label": "FULCRUM-ESP",
  "uuid": "254F-87D8"
}

identity:root needs mkfs:fulcrum-esp@system.0, mkfs:fulcrum-esp@system.1, image:root
{
  "dev": "raid:md-root",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "root_arg": "UUID=88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "esp_uuids": [
    "6336-4B62",
    "254F-87D8"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "arrays": [
    {
      "name": "md-root",
      "uuid": "2a552b5e:43c38502:94b82fab:3290a578"
    }
  ],
  "packages": [
    "mdadm"
  ],
  "who": {
    "node": "node-1",
    "attempt": 1,
    "hostname": "node-1",
    "domain": "lab.example",
    "address": "192.168.124.81",
    "prefix": 24,
    "mac": "52:54:00:aa:bb:01",
    "admin_address": "192.168.124.10",
    "site_key": "3333333333333333333333333333333333333333333333333333333333333333",
    "ssh_keys": [
      "ssh-ed25519 AAAA test"
    ]
  },
  "net": {
    "devs": [
      {
        "kind": "port",
        "name": "enp0s3",
        "mac": "52:54:00:aa:bb:01",
        "seen": "eth0",
        "network": "admin",
        "addresses": [
          "192.168.124.81/24"
        ]
      }
    ]
  }
}

boot:system needs identity:root
{
  "kind": "node",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "esps": [
    "system.0:2",
    "system.1:2"
  ],
  "bios": [
    {
      "disk": "system.0",
      "number": 1
    },
    {
      "disk": "system.1",
      "number": 1
    }
  ],
  "entry": "Fulcrum node-1"
}

