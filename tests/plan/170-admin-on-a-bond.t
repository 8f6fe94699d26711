@SITE tests/sites/example-two-networks.yaml
@MACHINE tests/machines/four-nics.json
@KIND admin
@SHOW admin:data
@EXPECT
plan a701442c  admin.store.example  (serial STORE-0001, 2 CPUs, 4.0 GiB)
disk system -> nvme0n1  S5GXNF0R123456  477 GiB  QEMU NVMe Ctrl
  because: bus nvme, >= 200G, first by path of 2
  destroys nothing: the disk is blank
  nvme1n1 not taken: the tie-break chose another (S5GXNF0R123789, 477 GiB)
  sda not taken: bus is sata, wanted nvme (WD-1234, 932 GiB)
network public: enp3s0 (52:54:00:aa:cc:02, now eth2): DHCP, SLAAC
network admin: pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and
        enp5s0f1 (52:54:00:aa:cc:01, now eth1): 192.168.124.10/24, MTU 1500
network storage: pair.200, VLAN 200 on pair, active-backup of enp5s0
        (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now
        eth1): 10.20.0.10/16, fd00:20::10/64, 10.30.0.0/16 by 10.20.0.1, MTU
        9000
   1 clear     both ends of nvme0n1, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, slot-a 1.0 GiB, slot-b 1.0 GiB,
               data 474 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      ext4 on partition 3, fulcrum-slot-a
   5 mkfs      ext4 on partition 4, fulcrum-slot-b
   6 mkfs      ext4 on partition 5, fulcrum-data
   7 system    release 20261122-test into slot A
   8 seed      321 files, 429 MiB, every byte checked
   9 admin     site store-north, 192.168.124.10 on port 52:54:00:aa:cc:00
  10 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               nvme0n1; firmware entry "Fulcrum admin.store.example", the first
  11 commit    mark the install as finished: disk GUID
               ddd62d17-69b2-88b8-adc3-6496fb8155ac
admin:data needs seed:data, system:slot-a
{
  "dev": "system:5",
  "data_uuid": "319aa57e-fc17-8e34-bef8-5bf9d0ba5053",
  "slot_uuid": "c24ac5d1-ab0c-8028-98b7-35e5137948a2",
  "slot_b_uuid": "69d9ee09-4657-89b7-92a3-9723ac7a52ec",
  "nic_mac": "52:54:00:aa:cc:00",
  "site_hash": "773cf22375e3c05e96fe66b6d8146a5b7c07227b57ce8166d44a1a25f80f3b54",
  "networks": "5cb09f2847a71c1608249650a1186107de5a65307e96caaa232c012f034ec1bc",
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
        "kind": "port",
        "name": "enp3s0",
        "mac": "52:54:00:aa:cc:02",
        "seen": "eth2",
        "network": "public",
        "dhcp": true,
        "slaac": true
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
          "192.168.124.10/24"
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
          "10.20.0.10/16",
          "fd00:20::10/64"
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

