"""The bill of materials names what is pinned, and nothing else."""

import json

from tools import sbom

TEXT = """# a comment
one==1.0 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
Two_x==2.5; python_version < "3.11" \\
    --hash=sha256:{a}
-r other.txt
""".format(a="a" * 64, b="b" * 64)
MANIFEST = {"name": "line", "version": "3.0", "license": "MIT"}


def test_every_pinned_package_is_a_component_with_its_hashes():
    made = sbom.bom(MANIFEST, TEXT)
    found = {item["purl"]: [each["content"][0] for each in item["hashes"]] for item in made["components"]}
    assert found == {"pkg:pypi/one@1.0": ["a", "b"], "pkg:pypi/two-x@2.5": ["a"]}
    assert made["dependencies"] == [{"ref": "pkg:generic/line@3.0", "dependsOn": list(found)}]


def test_what_is_printed_is_json_and_the_same_each_time(capsys):
    assert sbom.main() == 0
    first = capsys.readouterr().out
    sbom.main()
    assert capsys.readouterr().out == first
    made = json.loads(first)
    assert (made["bomFormat"], made["metadata"]["component"]["name"]) == ("CycloneDX", "assembly-line")
    assert all(item["hashes"] for item in made["components"])
