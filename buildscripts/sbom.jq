# SPDX-License-Identifier: GPL-2.0-or-later
# Tab-separated rows of mk-sbom in (name, version, arch, sha256, used by, supplier, source, home page, licence), an SPDX 2.3
# document out. Order is that of the rows, so that the same packages give the same bytes.
def id: gsub("[^A-Za-z0-9.-]"; "-");
def escape: gsub(":"; "%3A") | gsub("\\+"; "%2B");
def shipped: (.[4] | split(",")) - ["sdk"] | length > 0;
def ref: "SPDXRef-deb-\(.[0] | id)-\(.[2])-\(.[3][0:12])";
def package: {
	SPDXID: ref,
	name: .[0],
	versionInfo: .[1],
	supplier: (if .[5] == "" then "NOASSERTION" else "Organization: \(.[5])" end),
	downloadLocation: "NOASSERTION",
	filesAnalyzed: false,
	checksums: [{ algorithm: "SHA256", checksumValue: .[3] }],
	sourceInfo: "built from source package \(.[6])",
	licenseConcluded: "NOASSERTION",
	licenseDeclared: .[8],
	copyrightText: "NOASSERTION",
	comment: "used by: \(.[4])",
	externalRefs: [{
		referenceCategory: "PACKAGE-MANAGER",
		referenceType: "purl",
		referenceLocator: "pkg:deb/debian/\(.[0] | escape)@\(.[1] | escape)?arch=\(.[2])&distro=debian-13"
	}]
} + (if .[7] == "" then {} else { homepage: .[7] } end);
[inputs | select(length > 0) | split("\t")] as $rows
| {
	spdxVersion: "SPDX-2.3",
	dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT",
	name: "fulcrum-\($build)",
	documentNamespace: "https://fulcrum.invalid/spdx/\($build)/\($iso)",
	creationInfo: { created: $created, creators: ["Tool: fulcrum-mk-sbom-\($version)"] },
	packages: ([
		{
			SPDXID: "SPDXRef-fulcrum.iso", name: "fulcrum.iso", versionInfo: $build, supplier: "NOASSERTION",
			downloadLocation: "NOASSERTION", filesAnalyzed: false, primaryPackagePurpose: "INSTALL",
			checksums: [{ algorithm: "SHA256", checksumValue: $iso }],
			licenseConcluded: "NOASSERTION", licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION"
		},
		{
			SPDXID: "SPDXRef-fulcrum", name: "fulcrum", versionInfo: $version, supplier: "NOASSERTION",
			downloadLocation: "NOASSERTION", filesAnalyzed: false, primaryPackagePurpose: "SOURCE",
			licenseConcluded: "GPL-2.0-or-later", licenseDeclared: "GPL-2.0-or-later", copyrightText: "NOASSERTION"
		}
	] + ($rows | map(package))),
	relationships: ([
		{ spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-fulcrum.iso" },
		{ spdxElementId: "SPDXRef-fulcrum.iso", relationshipType: "GENERATED_FROM", relatedSpdxElement: "SPDXRef-fulcrum" }
	] + ($rows | map(
		if shipped then { spdxElementId: "SPDXRef-fulcrum.iso", relationshipType: "CONTAINS", relatedSpdxElement: ref }
		else { spdxElementId: ref, relationshipType: "BUILD_TOOL_OF", relatedSpdxElement: "SPDXRef-fulcrum.iso" } end
	))),
	hasExtractedLicensingInfos: ([$rows[][8] | scan("LicenseRef-debian-[A-Za-z0-9.-]+")] | unique | map({
		licenseId: ., name: ltrimstr("LicenseRef-debian-"),
		extractedText: "The licence that Debian copyright files call \(ltrimstr("LicenseRef-debian-")); the text is in usr/share/doc/PACKAGE/copyright of the packages that declare it."
	}))
}
