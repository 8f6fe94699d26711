@SITE tests/plan/any.yaml
@MACHINE tests/machines/rack-24-sas.json
@KIND jbod
@SHOW raid:big
@EXPECT
plan be5d93ba  node-1  (serial S309411X1101123, 64 CPUs, 256 GiB)
profile jbod
disk system -> nvme0n1  S64FNE0R701234  894 GiB  SAMSUNG MZQL2960HCJR-00A07
  because: not rotational, first by path of 2
  destroys nothing: the disk is blank
disk data.0 -> sda  8CK007ZHE  11 TiB  HUH721212AL5200
  because: rotational, the first 22 by path of 24
  destroys nothing: the disk is blank
disk data.1 -> sdb  8CK017ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.2 -> sdc  8CK027ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.3 -> sdd  8CK037ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.4 -> sde  8CK047ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.5 -> sdf  8CK057ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.6 -> sdg  8CK067ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.7 -> sdh  8CK077ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.8 -> sdi  8CK087ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.9 -> sdj  8CK097ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.10 -> sdk  8CK107ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.11 -> sdl  8CK117ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.12 -> sdm  8CK127ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.13 -> sdn  8CK137ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.14 -> sdo  8CK147ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.15 -> sdp  8CK157ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.16 -> sdq  8CK167ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.17 -> sdr  8CK177ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.18 -> sds  8CK187ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.19 -> sdt  8CK197ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.20 -> sdu  8CK207ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
disk data.21 -> sdv  8CK217ZHE  11 TiB  HUH721212AL5200
  destroys nothing: the disk is blank
  nvme1n1 not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (S64FNE0R701235, 894 GiB)
  sdw not taken: system: rotational, wanted not; data: the tie-break chose
      another (8CK227ZHE, 11 TiB)
  sdx not taken: system: rotational, wanted not; data: the tie-break chose
      another (8CK237ZHE, 11 TiB)
   1 clear     both ends of nvme0n1, to be sure
   2 clear     both ends of sda, to be sure
   3 clear     both ends of sdb, to be sure
   4 clear     both ends of sdc, to be sure
   5 clear     both ends of sdd, to be sure
   6 clear     both ends of sde, to be sure
   7 clear     both ends of sdf, to be sure
   8 clear     both ends of sdg, to be sure
   9 clear     both ends of sdh, to be sure
  10 clear     both ends of sdi, to be sure
  11 clear     both ends of sdj, to be sure
  12 clear     both ends of sdk, to be sure
  13 clear     both ends of sdl, to be sure
  14 clear     both ends of sdm, to be sure
  15 clear     both ends of sdn, to be sure
  16 clear     both ends of sdo, to be sure
  17 clear     both ends of sdp, to be sure
  18 clear     both ends of sdq, to be sure
  19 clear     both ends of sdr, to be sure
  20 clear     both ends of sds, to be sure
  21 clear     both ends of sdt, to be sure
  22 clear     both ends of sdu, to be sure
  23 clear     both ends of sdv, to be sure
  24 table     gpt on nvme0n1: esp 512 MiB, root 894 GiB
  25 table     gpt on sda: big 11 TiB
  26 table     gpt on sdb: big 11 TiB
  27 table     gpt on sdc: big 11 TiB
  28 table     gpt on sdd: big 11 TiB
  29 table     gpt on sde: big 11 TiB
  30 table     gpt on sdf: big 11 TiB
  31 table     gpt on sdg: big 11 TiB
  32 table     gpt on sdh: big 11 TiB
  33 table     gpt on sdi: big 11 TiB
  34 table     gpt on sdj: big 11 TiB
  35 table     gpt on sdk: big 11 TiB
  36 table     gpt on sdl: big 11 TiB
  37 table     gpt on sdm: big 11 TiB
  38 table     gpt on sdn: big 11 TiB
  39 table     gpt on sdo: big 11 TiB
  40 table     gpt on sdp: big 11 TiB
  41 table     gpt on sdq: big 11 TiB
  42 table     gpt on sdr: big 11 TiB
  43 table     gpt on sds: big 11 TiB
  44 table     gpt on sdt: big 11 TiB
  45 table     gpt on sdu: big 11 TiB
  46 table     gpt on sdv: big 11 TiB
  47 mkfs      vfat on partition 1 of nvme0n1, fulcrum-esp
  48 raid      big: level 6 over 22 partitions, 218 TiB
  49 mkfs      xfs on big, fulcrum-store
  50 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  51 identity  name node-1, address 192.168.124.81/24, keys, ids
  52 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  53 commit    mark the install as finished: disk GUID
               3c609b8a-6e97-8ddb-856d-2fee4851fa8e
raid:big needs table:data.0, table:data.1, table:data.2, table:data.3, table:data.4, table:data.5, table:data.6, table:data.7, table:data.8, table:data.9, table:data.10, table:data.11, table:data.12, table:data.13, table:data.14, table:data.15, table:data.16, table:data.17, table:data.18, table:data.19, table:data.20, table:data.21
{
  "name": "big",
  "uuid": "9962f100:98588b88:b90d6224:b1261b6c",
  "metadata": "1.2",
  "level": 6,
  "members": [
    "data.0:1",
    "data.1:1",
    "data.2:1",
    "data.3:1",
    "data.4:1",
    "data.5:1",
    "data.6:1",
    "data.7:1",
    "data.8:1",
    "data.9:1",
    "data.10:1",
    "data.11:1",
    "data.12:1",
    "data.13:1",
    "data.14:1",
    "data.15:1",
    "data.16:1",
    "data.17:1",
    "data.18:1",
    "data.19:1",
    "data.20:1",
    "data.21:1"
  ]
}

