@SITE tests/sites/example-two-networks.yaml
@MACHINE tests/machines/four-nics.json
@KIND node
@SHOW identity:root
@EXPECT
plan cfe446a9  node-1  (serial STORE-0001, 2 CPUs, 4.0 GiB)
profile storage
disk system -> nvme0n1  S5GXNF0R123456  477 GiB  QEMU NVMe Ctrl
  because: not rotational, first by path of 2
  destroys nothing: the disk is blank
  nvme1n1 not taken: the tie-break chose another (S5GXNF0R123789, 477 GiB)
  sda not taken: rotational, wanted not (WD-1234, 932 GiB)
network admin: pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and
        enp5s0f1 (52:54:00:aa:cc:01, now eth1): 192.168.124.81/24, MTU 1500
network storage: pair.200, VLAN 200 on pair, active-backup of enp5s0
        (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now
        eth1): 10.20.1.1/16, fd00:20::a14:101/64, 10.30.0.0/16 by 10.20.0.1, MTU
        9000
   1 clear     both ends of nvme0n1, to be sure
   2 table     gpt: esp 512 MiB, root 476 GiB
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   5 identity  name node-1, address 192.168.124.81/24, keys, ids
   6 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   7 commit    mark the install as finished: disk GUID
               e28ca948-3f29-8c19-a037-162dec7c1daf
identity:root needs mkfs:fulcrum-esp, image:root
{
  "dev": "system:2",
  "root_uuid": "88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "root_arg": "UUID=88adcbd8-5f13-8a6d-a1ba-dcbe4541a858",
  "esp_uuids": [
    "5117-FF85"
  ],
  "console": "console=tty0 console=ttyS0,115200",
  "who": {
    "node": "node-1",
    "attempt": 1,
    "hostname": "node-1",
    "domain": "lab.example",
    "address": "192.168.124.81",
    "prefix": 24,
    "mac": "52:54:00:aa:cc:00",
    "admin_address": "192.168.124.10",
    "site_key": "3333333333333333333333333333333333333333333333333333333333333333",
    "ssh_keys": [
      "ssh-ed25519 AAAA test"
    ],
    "networks": [
      {
        "name": "admin",
        "address": "192.168.124.81"
      },
      {
        "name": "storage",
        "address": "10.20.1.1",
        "address6": "fd00:20::a14:101"
      }
    ]
  },
  "net": {
    "devs": [
      {
        "kind": "port",
        "name": "enp5s0",
        "mac": "52:54:00:aa:cc:00",
        "seen": "eth0",
        "mtu": 9000
      },
      {
        "kind": "port",
        "name": "enp5s0f1",
        "mac": "52:54:00:aa:cc:01",
        "seen": "eth1",
        "mtu": 9000
      },
      {
        "kind": "bond",
        "name": "pair",
        "mac": "52:54:00:aa:cc:00",
        "members": [
          "enp5s0",
          "enp5s0f1"
        ],
        "mtu": 9000,
        "mode": "active-backup",
        "network": "admin",
        "ip_mtu": 1500,
        "addresses": [
          "192.168.124.81/24"
        ]
      },
      {
        "kind": "vlan",
        "name": "pair.200",
        "on": "pair",
        "vlan": 200,
        "mtu": 9000,
        "network": "storage",
        "addresses": [
          "10.20.1.1/16",
          "fd00:20::a14:101/64"
        ],
        "routes": [
          {
            "to": "10.30.0.0/16",
            "via": "10.20.0.1"
          }
        ]
      }
    ]
  }
}

