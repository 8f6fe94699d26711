@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND other-volumes
@AFTER volumes
@SHOW group:vg0 volume:vg0/srv volume:vg0/root identity:root
@EXPECT
plan dc229c07  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile other-volumes
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  KEEPS     LVM volume srv 100 GiB on /srv  (in vg0)
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 1.0 GiB  (partition 2 fulcrum-boot)
  DESTROYS  LVM volume root 20 GiB  (group vg0)
  DESTROYS  LVM volume swap 2.0 GiB  (group vg0)
  consent: own earlier deployment
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 clear     wipe 4 things listed above from sda
   2 table     gpt: esp 512 MiB, boot 1.0 GiB, vg0 222 GiB kept
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 mkfs      ext4 on partition 2, fulcrum-boot
   5 group     vg0, as it is, on partition 3, without: root swap
   6 volume    vg0/srv, 100 GiB, as it is
   7 volume    vg0/root, 122 GiB, all that is free
   8 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   9 identity  name node-1, address 192.168.124.81/24, keys, ids
  10 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  11 commit    mark the install as finished: disk GUID
               4e49bd16-700c-837d-b679-864b313c03dc
group:vg0 needs table:system
{
  "name": "vg0",
  "members": [
    "system:3"
  ],
  "keep": true,
  "remove": [
    "root",
    "swap"
  ]
}

volume:vg0/srv needs group:vg0
{
  "group": "vg0",
  "name": "srv",
  "kind": "linear",
  "size_bytes": 107374182400,
  "keep": true
}

volume:vg0/root needs group:vg0, volume:vg0/srv
{
  "group": "vg0",
  "name": "root",
  "kind": "linear",
  "size_bytes": 0
}

identity:root needs mkfs:fulcrum-esp, mkfs:fulcrum-boot, image:root
{
  "dev": "lv:vg0/root",
  "root_uuid": "1327d115-1de2-8af3-8c2a-881b802dfbf7",
  "root_arg": "/dev/mapper/vg0-root",
  "boot_uuid": "457b4c8c-dae2-8e55-a3a4-9f8322ff140a",
  "esp_uuids": [
    "AF64-2165"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "fstab": [
    {
      "uuid": "457b4c8c-dae2-8e55-a3a4-9f8322ff140a",
      "where": "/boot",
      "fs": "ext4",
      "dev": "system:2"
    },
    {
      "where": "/srv",
      "fs": "ext4",
      "dev": "lv:vg0/srv"
    }
  ],
  "groups": [
    "vg0"
  ],
  "packages": [
    "lvm2"
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

