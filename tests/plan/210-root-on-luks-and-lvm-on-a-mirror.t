@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND vault
@SHOW raid:md-boot raid:md-main crypt:secret group:vg-0 volume:vg-0/srv volume:vg-0/home identity:root boot:system commit:system
@EXPECT
plan a22f09de  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile vault
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
note: volumes of pool thin promise 200 GiB, it has 111 GiB
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdb, to be sure
   3 table     gpt on sda: esp 512 MiB, md-boot 1.0 GiB, md-main 222 GiB
   4 table     gpt on sdb: esp 512 MiB, md-boot 1.0 GiB, md-main 222 GiB
   5 mkfs      vfat on partition 1 of sda, fulcrum-esp
   6 mkfs      vfat on partition 1 of sdb, fulcrum-esp
   7 raid      md-boot: level 1 over 2 partitions, 1018 MiB
   8 mkfs      ext4 on md-boot, fulcrum-boot
   9 raid      md-main: level 1 over 2 partitions, 222 GiB
  10 crypt     secret on md-main, LUKS2, passphrase
  11 group     vg-0 on secret, 222 GiB
  12 volume    vg-0/root, 20 GiB
  13 volume    vg-0/swap, 2.0 GiB
  14 mkfs      swap on volume vg-0/swap, fulcrum-swap
  15 volume    vg-0/thin, thin pool, 111 GiB
  16 volume    vg-0/srv, 89 GiB, all that is free
  17 mkfs      ext4 on volume vg-0/srv, fulcrum-srv
  18 volume    vg-0/home in pool thin, 200 GiB
  19 mkfs      xfs on volume vg-0/home, fulcrum-home
  20 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  21 identity  name node-1, address 192.168.124.81/24, keys, ids
  22 boot      UEFI removable path on 2 ESPs, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  23 commit    mark the install as finished: disk GUID
               12023e23-fc4a-8c6d-b585-504f15ac89ca
raid:md-boot needs table:system.0, table:system.1
{
  "name": "md-boot",
  "uuid": "ab66a334:e8388cbd:8e3207de:66d65fc9",
  "metadata": "1.0",
  "level": 1,
  "members": [
    "system.0:2",
    "system.1:2"
  ]
}

raid:md-main needs table:system.0, table:system.1
{
  "name": "md-main",
  "uuid": "d00ab2eb:af5d8e07:89549f27:a840a942",
  "metadata": "1.2",
  "level": 1,
  "members": [
    "system.0:3",
    "system.1:3"
  ]
}

crypt:secret needs raid:md-main
{
  "name": "secret",
  "dev": "raid:md-main",
  "uuid": "c074dbbd-eeb3-8848-b8ed-b7640a503d8c",
  "key": "secret"
}

group:vg-0 needs crypt:secret
{
  "name": "vg-0",
  "members": [
    "crypt:secret"
  ]
}

volume:vg-0/srv needs group:vg-0, volume:vg-0/root, volume:vg-0/swap, volume:vg-0/thin
{
  "group": "vg-0",
  "name": "srv",
  "kind": "linear",
  "size_bytes": 0
}

volume:vg-0/home needs volume:vg-0/thin
{
  "group": "vg-0",
  "name": "home",
  "kind": "thin",
  "pool": "thin",
  "size_bytes": 214748364800
}

identity:root needs mkfs:fulcrum-esp@system.0, mkfs:fulcrum-esp@system.1, mkfs:fulcrum-boot, mkfs:fulcrum-swap, mkfs:fulcrum-srv, mkfs:fulcrum-home, image:root
{
  "dev": "lv:vg-0/root",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "root_arg": "/dev/mapper/vg--0-root",
  "boot_uuid": "bae3ef84-dd20-863d-a45e-b2fc99e7a494",
  "esp_uuids": [
    "6336-4B62",
    "254F-87D8"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "fstab": [
    {
      "uuid": "bae3ef84-dd20-863d-a45e-b2fc99e7a494",
      "where": "/boot",
      "fs": "ext4",
      "dev": "raid:md-boot"
    },
    {
      "uuid": "86367ef5-195f-8dea-ad90-ffc441011590",
      "where": "/srv",
      "fs": "ext4",
      "dev": "lv:vg-0/srv"
    },
    {
      "uuid": "1d370e0e-8278-8496-8bb7-709e5bc11ead",
      "where": "none",
      "fs": "swap",
      "dev": "lv:vg-0/swap"
    },
    {
      "uuid": "4d728265-46ff-8634-a85d-2e4427522602",
      "where": "/home",
      "fs": "xfs",
      "dev": "lv:vg-0/home"
    }
  ],
  "crypttab": [
    {
      "name": "secret",
      "uuid": "c074dbbd-eeb3-8848-b8ed-b7640a503d8c",
      "dev": "raid:md-main",
      "root": true
    }
  ],
  "arrays": [
    {
      "name": "md-boot",
      "uuid": "ab66a334:e8388cbd:8e3207de:66d65fc9"
    },
    {
      "name": "md-main",
      "uuid": "d00ab2eb:af5d8e07:89549f27:a840a942"
    }
  ],
  "groups": [
    "vg-0"
  ],
  "packages": [
    "mdadm",
    "lvm2",
    "thin-provisioning-tools",
    "cryptsetup-initramfs",
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

boot:system needs identity:root
{
  "kind": "node",
  "root_uuid": "bae3ef84-dd20-863d-a45e-b2fc99e7a494",
  "esps": [
    "system.0:1",
    "system.1:1"
  ],
  "entry": "Fulcrum node-1"
}

commit:system needs boot:system
{
  "disks": [
    {
      "disk": "system.0",
      "uuid": "12023e23-fc4a-8c6d-b585-504f15ac89ca"
    },
    {
      "disk": "system.1",
      "uuid": "2a8bf166-2ae2-8060-9de1-5b8e7c8284ab"
    }
  ]
}

