"""Makes a whole client of the operator API with openapi-python-client, and loads every module of it."""

import compileall
import importlib
import json
import pathlib
import re
import subprocess
import sys

# The generator knows JSON, forms and octets; the files that are sent here are octets to it.
SETTINGS = """
content_type_overrides:
  text/csv: application/octet-stream
  application/jose: application/octet-stream
  application/pkix-crl: application/octet-stream
  application/x-pem-file: application/octet-stream
post_hooks: []
"""
NAME = "operator-api.json"


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def generate(folder: pathlib.Path) -> pathlib.Path:
    settings = folder / "openapi-python-client.yaml"
    settings.write_text(SETTINGS)
    client = folder / "sanad_client"
    program = pathlib.Path(sys.executable).with_name("openapi-python-client")
    words = ["generate", "--fail-on-warning", "--overwrite", "--meta", "none"]
    given = ["--path", folder / NAME, "--config", settings, "--output-path", client]
    subprocess.run([program, *words, *given], check=True, capture_output=True, text=True)
    return client


def load(client: pathlib.Path) -> None:
    if not compileall.compile_dir(client, quiet=1):
        raise SyntaxError("a module does not compile")
    sys.path.insert(0, str(client.parent))
    for path in client.rglob("*.py"):
        importlib.import_module(".".join(path.relative_to(client.parent).with_suffix("").parts))


def find_missing(folder: pathlib.Path, client: pathlib.Path) -> list[str]:
    paths = json.loads((folder / NAME).read_text())["paths"].values()
    wanted = [one["operationId"] for methods in paths for one in methods.values()]
    made = {path.stem for path in (client / "api").rglob("*.py")}
    return [name for name in wanted if snake(name) not in made]


def main(folder: pathlib.Path) -> None:
    try:
        client = generate(folder)
        missing = find_missing(folder, client)
        if missing:
            raise LookupError("not made: " + ", ".join(missing))
        load(client)
        print(f"ok\t{NAME}\tgenerate")
    except subprocess.CalledProcessError as error:
        print(f"fail\t{NAME}\tgenerate\t{(error.stdout + error.stderr).split(chr(10))[0]}")
    except Exception as error:  # noqa: BLE001: whatever a generated module raises
        print(f"fail\t{NAME}\tgenerate\t{type(error).__name__}: {error}")


main(pathlib.Path(sys.argv[1]))
