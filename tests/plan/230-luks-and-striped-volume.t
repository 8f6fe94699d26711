@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND keys
@SHOW crypt:safe group:vg1 volume:vg1/fast identity:root
@EXPECT
plan 256272c6  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile keys
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  destroys nothing: the disk is blank
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdc, to be sure
   3 clear     both ends of sdd, to be sure
   4 clear     both ends of sde, to be sure
   5 clear     both ends of sdf, to be sure
   6 table     gpt on sda: esp 512 MiB, root 40 GiB, safe 50 GiB
   7 table     gpt on sdc: vg1 1.8 TiB
   8 table     gpt on sdd: vg1 1.8 TiB
   9 table     gpt on sde: vg1 1.8 TiB
  10 table     gpt on sdf: vg1 1.8 TiB
  11 mkfs      vfat on partition 1 of sda, fulcrum-esp
  12 crypt     safe on partition 3 of sda, LUKS2, passphrase
  13 mkfs      ext4 on safe, fulcrum-safe-data
  14 group     vg1 on 4 partitions, 7.3 TiB
  15 volume    vg1/fast over 4 stripes, 2.0 TiB
  16 mkfs      ext4 on volume vg1/fast, fulcrum-fast
  17 volume    vg1/slow, 1.0 TiB
  18 mkfs      ext4 on volume vg1/slow, fulcrum-slow
  19 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  20 identity  name node-1, address 192.168.124.81/24, keys, ids
  21 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  22 commit    mark the install as finished: disk GUID
               b9a3ece1-4491-8966-8172-defddd1a2ee9
crypt:safe needs table:system
{
  "name": "safe",
  "dev": "system:3",
  "uuid": "42f51c70-bbf3-8f01-87c8-6756c5b2ac1c",
  "key": "safe"
}

group:vg1 needs table:data.0, table:data.1, table:data.2, table:data.3
{
  "name": "vg1",
  "members": [
    "data.0:1",
    "data.1:1",
    "data.2:1",
    "data.3:1"
  ]
}

volume:vg1/fast needs group:vg1
{
  "group": "vg1",
  "name": "fast",
  "kind": "striped",
  "size_bytes": 2199023255552,
  "stripes": 4
}

identity:root needs mkfs:fulcrum-esp, mkfs:fulcrum-safe-data, mkfs:fulcrum-fast, mkfs:fulcrum-slow, image:root
{
  "dev": "system:2",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "root_arg": "UUID=88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "esp_uuids": [
    "5117-FF85"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "fstab": [
    {
      "uuid": "a7db9c91-5b95-80c1-ada1-131b43c515e3",
      "where": "/safe",
      "fs": "ext4",
      "dev": "crypt:safe"
    },
    {
      "uuid": "c1d9d139-f25f-81d5-9ee8-f17bde3f468b",
      "where": "/fast",
      "fs": "ext4",
      "dev": "lv:vg1/fast"
    },
    {
      "uuid": "674141d3-bc88-8ac7-ba7a-5a7a8a297475",
      "where": "/slow",
      "fs": "ext4",
      "dev": "lv:vg1/slow"
    }
  ],
  "crypttab": [
    {
      "name": "safe",
      "uuid": "42f51c70-bbf3-8f01-87c8-6756c5b2ac1c",
      "dev": "system:3"
    }
  ],
  "groups": [
    "vg1"
  ],
  "packages": [
    "lvm2",
    "systemd-cryptsetup"
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

