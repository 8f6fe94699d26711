@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND safe
@AFTER safe
@AGAIN
@SHOW raid:big crypt:vault identity:root commit:system
@EXPECT
plan f4a4dc85  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile safe
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 223 GiB  (partition 2 fulcrum-root)
  consent: own earlier deployment
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  KEEPS     LUKS volume vault  (in big)
  KEEPS     ext4 safe on /safe  (in vault)
  destroys nothing
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  KEEPS     LUKS volume vault  (in big)
  KEEPS     ext4 safe on /safe  (in vault)
  destroys nothing
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  KEEPS     LUKS volume vault  (in big)
  KEEPS     ext4 safe on /safe  (in vault)
  destroys nothing
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  KEEPS     LUKS volume vault  (in big)
  KEEPS     ext4 safe on /safe  (in vault)
  destroys nothing
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 clear     wipe 2 things listed above from sda
   2 table     gpt on sda: esp 512 MiB, root 223 GiB
   3 mkfs      vfat on partition 1 of sda, fulcrum-esp
   4 raid      big, as it is, from 4 partitions
   5 crypt     vault on big, opened as it is by passphrase
   6 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   7 identity  name node-1, address 192.168.124.81/24, keys, ids
   8 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   9 commit    mark the install as finished: disk GUID
               aa86e19f-6b2d-877f-addb-cc082d7a06d4
raid:big
{
  "name": "big",
  "uuid": "9962f100:98588b88:b90d6224:b1261b6c",
  "metadata": "1.2",
  "level": 10,
  "members": [
    "data.0:1",
    "data.1:1",
    "data.2:1",
    "data.3:1"
  ],
  "keep": true
}

crypt:vault needs raid:big
{
  "name": "vault",
  "dev": "raid:big",
  "key": "vault",
  "keep": true
}

identity:root needs mkfs:fulcrum-esp, crypt:vault, image:root
{
  "dev": "system:2",
  "root_uuid": "1327d115-1de2-8af3-8c2a-881b802dfbf7",
  "root_arg": "UUID=1327d115-1de2-8af3-8c2a-881b802dfbf7",
  "esp_uuids": [
    "AF64-2165"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "fstab": [
    {
      "where": "/safe",
      "fs": "ext4",
      "dev": "crypt:vault"
    }
  ],
  "crypttab": [
    {
      "name": "vault",
      "dev": "raid:big"
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

commit:system needs boot:system
{
  "disks": [
    {
      "disk": "system",
      "uuid": "aa86e19f-6b2d-877f-addb-cc082d7a06d4"
    }
  ]
}

