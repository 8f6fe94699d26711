@SITE tests/plan/any.yaml
@MACHINE tests/machines/rack-24-used.json
@KIND jbod
@EXPECT
error refused: 22 disks are not blank and nobody consented to wiping them:
sda 8CK007ZHE: 2 things
sdb 8CK017ZHE: 2 things
sdc 8CK027ZHE: 2 things
sdd 8CK037ZHE: 2 things
sde 8CK047ZHE: 2 things
sdf 8CK057ZHE: 2 things
sdg 8CK067ZHE: 2 things
sdh 8CK077ZHE: 2 things
sdi 8CK087ZHE: 2 things
sdj 8CK097ZHE: 2 things
sdk 8CK107ZHE: 2 things
sdl 8CK117ZHE: 2 things
sdm 8CK127ZHE: 2 things
sdn 8CK137ZHE: 2 things
sdo 8CK147ZHE: 2 things
sdp 8CK157ZHE: 2 things
sdq 8CK167ZHE: 2 things
sdr 8CK177ZHE: 2 things
sds 8CK187ZHE: 2 things
sdt 8CK197ZHE: 2 things
sdu 8CK207ZHE: 2 things
sdv 8CK217ZHE: 2 things
  hint: to destroy that, add `wipe: [ 8CK007ZHE, 8CK017ZHE, 8CK027ZHE, 8CK037ZHE, 8CK047ZHE, 8CK057ZHE, 8CK067ZHE, 8CK077ZHE, 8CK087ZHE, 8CK097ZHE, 8CK107ZHE, 8CK117ZHE, 8CK127ZHE, 8CK137ZHE, 8CK147ZHE, 8CK157ZHE, 8CK167ZHE, 8CK177ZHE, 8CK187ZHE, 8CK197ZHE, 8CK207ZHE, 8CK217ZHE ]` to profiles.jbod in the site file
