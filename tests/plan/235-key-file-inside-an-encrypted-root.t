@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND sealed
@SHOW crypt:safe identity:root
@EXPECT
plan 467272b5  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile sealed
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
   6 table     gpt on sda: esp 512 MiB, boot 1.0 GiB, secret 40 GiB
   7 table     gpt on sdc: big 3.6 TiB
   8 table     gpt on sdd: big 3.6 TiB
   9 table     gpt on sde: big 3.6 TiB
  10 table     gpt on sdf: big 3.6 TiB
  11 mkfs      vfat on partition 1 of sda, fulcrum-esp
  12 mkfs      ext4 on partition 2 of sda, fulcrum-boot
  13 crypt     secret on partition 3 of sda, LUKS2, passphrase
  14 raid      big: level 6 over 4 partitions, 7.3 TiB
  15 crypt     safe on big, LUKS2, key file
  16 mkfs      xfs on safe, fulcrum-safe-data
  17 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  18 identity  name node-1, address 192.168.124.81/24, keys, ids
  19 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  20 commit    mark the install as finished: disk GUID
               f7e2e3d4-701f-8d6f-90dc-0750cdfef003
crypt:safe needs raid:big
{
  "name": "safe",
  "dev": "raid:big",
  "uuid": "42f51c70-bbf3-8f01-87c8-6756c5b2ac1c",
  "key": "safe"
}

identity:root needs mkfs:fulcrum-esp, mkfs:fulcrum-boot, mkfs:fulcrum-safe-data, image:root
{
  "dev": "crypt:secret",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "root_arg": "UUID=88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "boot_uuid": "bae3ef84-dd20-863d-a45e-b2fc99e7a494",
  "esp_uuids": [
    "5117-FF85"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "fstab": [
    {
      "uuid": "bae3ef84-dd20-863d-a45e-b2fc99e7a494",
      "where": "/boot",
      "fs": "ext4",
      "dev": "system:2"
    },
    {
      "uuid": "a7db9c91-5b95-80c1-ada1-131b43c515e3",
      "where": "/safe",
      "fs": "xfs",
      "dev": "crypt:safe"
    }
  ],
  "crypttab": [
    {
      "name": "secret",
      "uuid": "c074dbbd-eeb3-8848-b8ed-b7640a503d8c",
      "dev": "system:3",
      "root": true
    },
    {
      "name": "safe",
      "uuid": "42f51c70-bbf3-8f01-87c8-6756c5b2ac1c",
      "dev": "raid:big",
      "key": "safe"
    }
  ],
  "arrays": [
    {
      "name": "big",
      "uuid": "9962f100:98588b88:b90d6224:b1261b6c"
    }
  ],
  "packages": [
    "mdadm",
    "cryptsetup-initramfs",
    "systemd-cryptsetup",
    "xfsprogs"
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

