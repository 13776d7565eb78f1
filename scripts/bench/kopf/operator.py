"""A minimal operator with the steps of kubectl-mysql's watcher, for comparison.

create: both volumes provably new? -> Retain -> Secret NAME-active -> status -> gate -> the server's pod is Ready -> gate
    expects data -> status
delete: volumes Retain? -> gate off -> StatefulSet off -> the pod is gone -> no gate, no other pod that mounts the claim ->
    Job backup-NAME-job -> it is complete -> finalizer off
password: server Ready, which password? -> Secret NAME-active -> no earlier Job -> Job change-pass-NAME-job

Looks are live, and those of one moment are asked for at once. It handles no failure, no restart in the middle, no claims or
volumes that changed hands, and no namespace or definition that goes.
"""
import asyncio
import base64
import os

import aiohttp
import kopf

URL = os.environ["BENCH_URL"]
TOKEN = os.environ["BENCH_TOKEN"]
RESOURCE = ("otus.homework", "v1", "mysqls")
LABEL = "otus.homework/mysql"
session = None


@kopf.on.startup()
async def start(settings, **_):
    global session
    connector = aiohttp.TCPConnector(ssl=False, limit=64)
    session = aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {TOKEN}"})
    settings.persistence.finalizer = "otus.homework/kopf"


@kopf.on.login()
async def login(**_):
    return kopf.ConnectionInfo(server=URL, token=TOKEN, scheme="Bearer", insecure=True)


@kopf.on.cleanup()
async def stop(**_):
    await session.close()


async def call(method, path, body=None, kind="application/json"):
    """Sends one request; None for what is not there."""
    async with session.request(method, URL + path, json=body, headers={"Content-Type": kind}) as answer:
        if answer.status == 404:
            return None
        if answer.status == 409 and method == "POST":
            return {}
        if answer.status >= 300:
            raise kopf.TemporaryError(await answer.text(), delay=1)
        return await answer.json()


def merge(path, body):
    return call("PATCH", path, body, "application/merge-patch+json")


def encode(text):
    return base64.b64encode(text.encode()).decode()


async def until(condition):
    """Asks every 20 ms."""
    while not await condition():
        await asyncio.sleep(0.02)


async def look_at_storage(core, name):
    """Both claims, and then their volumes."""
    names = (f"{name}-pvc", f"backup-{name}-pvc")
    claims = await asyncio.gather(*(call("GET", f"{core}/persistentvolumeclaims/{each}") for each in names))
    paths = [f"/api/v1/persistentvolumes/{each['spec']['volumeName']}" for each in claims]
    return claims, await asyncio.gather(*(call("GET", path) for path in paths))


def is_new(claim, volume):
    """The volume was made for this very claim."""
    provisioned = "pv.kubernetes.io/provisioned-by" in (volume["metadata"].get("annotations") or {})
    return provisioned and volume["metadata"]["name"].endswith(claim["metadata"]["uid"])


def set_status(namespace, name, body):
    return merge(f"/apis/otus.homework/v1/namespaces/{namespace}/mysqls/{name}/status", {"status": body})


@kopf.on.create(*RESOURCE)
async def create(name, namespace, spec, uid, **_):
    core = f"/api/v1/namespaces/{namespace}"
    claims, volumes = await look_at_storage(core, name)
    if not all(is_new(claim, volume) for claim, volume in zip(claims, volumes)):
        raise kopf.PermanentError("the volumes are not new")
    for volume in volumes:
        metadata = {"uid": volume["metadata"]["uid"], "annotations": {"otus.homework/resource-uid": uid}}
        body = {"metadata": metadata, "spec": {"persistentVolumeReclaimPolicy": "Retain"}}
        await merge(f"/api/v1/persistentvolumes/{volume['metadata']['name']}", body)
    labels = {LABEL: name}
    secret = {"metadata": {"name": f"{name}-active", "labels": labels}, "data": {"current": encode(spec["password"])}}
    await call("POST", f"{core}/secrets", secret)
    await set_status(namespace, name, {"conditions": [condition("Ready", "Opening", "opens the gate", "False")]})
    gate = {"metadata": {"name": f"{name}-gate", "labels": labels}, "data": {"expect": "empty"}}
    await call("POST", f"{core}/configmaps", gate)


@kopf.on.event("", "v1", "pods", labels={LABEL: kopf.PRESENT})
async def server_ready(name, namespace, labels, status, **_):
    """Told, not asked for: a thousand resources that ask every 20 ms would only slow each other down."""
    if not any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or []):
        return
    owner = labels[LABEL]
    await merge(f"/api/v1/namespaces/{namespace}/configmaps/{owner}-gate", {"data": {"expect": "data"}})
    message = f"{owner} created without restore-job"
    conditions = [condition("Ready", "Ready", "the server is Ready")]
    await set_status(namespace, owner, {"message": message, "conditions": conditions})


def condition(kind, reason, message, status="True"):
    times = {"observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"type": kind, "status": status, "reason": reason, "message": message, **times}


def make_job(name, step, claims):
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    container = {"name": step, "image": "mysql:9.7", "command": ["true"]}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": volumes}
    labels = {LABEL: name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{step}-{name}-job", "labels": labels},
        "spec": {"backoffLimit": 3, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


async def is_complete(path):
    job = await call("GET", path)
    conditions = ((job or {}).get("status") or {}).get("conditions") or []
    return any(each["type"] == "Complete" and each["status"] == "True" for each in conditions)


def list_claims(pod):
    volumes = pod["spec"].get("volumes") or []
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


@kopf.on.delete(*RESOURCE)
async def delete(name, namespace, **_):
    core = f"/api/v1/namespaces/{namespace}"
    batch = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    _, volumes = await look_at_storage(core, name)
    if any(volume["spec"]["persistentVolumeReclaimPolicy"] != "Retain" for volume in volumes):
        raise kopf.TemporaryError("the volumes would go with their claims", delay=1)
    await call("DELETE", f"{core}/configmaps/{name}-gate")
    await call("DELETE", f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}?propagationPolicy=Foreground")

    async def gone():
        return await call("GET", f"{core}/pods/{name}-0") is None

    await until(gone)
    if await call("GET", f"{core}/configmaps/{name}-gate") is not None:
        raise kopf.TemporaryError("the gate is open again", delay=1)
    paths = [f"{core}/pods?labelSelector={selector}" for selector in (f"{LABEL}%3D{name}", f"!{LABEL}")]
    pods = [pod for pods in await asyncio.gather(*(call("GET", path) for path in paths)) for pod in pods["items"]]
    if any(f"{name}-pvc" in list_claims(pod) for pod in pods):
        raise kopf.TemporaryError("another pod may have the data open", delay=1)
    await call("POST", batch, make_job(name, "backup", [f"{name}-pvc", f"backup-{name}-pvc"]))
    await until(lambda: is_complete(f"{batch}/backup-{name}-job"))


@kopf.on.update(*RESOURCE, field="spec.password")
async def change_password(name, namespace, spec, patch, **_):
    batch = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    core = f"/api/v1/namespaces/{namespace}"
    secret = f"{core}/secrets/{name}-active"
    active, pod = await asyncio.gather(call("GET", secret), call("GET", f"{core}/pods/{name}-0"))
    if pod is None or active["data"]["current"] == encode(spec["password"]):
        raise kopf.TemporaryError("there is no server, or nothing to change", delay=1)
    version = {"resourceVersion": active["metadata"]["resourceVersion"]}
    await merge(secret, {"metadata": version, "data": {"next": encode(spec["password"])}})
    await call("DELETE", f"{batch}/change-pass-{name}-job?propagationPolicy=Background")
    await call("POST", batch, make_job(name, "change-pass", []))
    await until(lambda: is_complete(f"{batch}/change-pass-{name}-job"))
    await merge(secret, {"data": {"current": encode(spec["password"]), "next": None}})
    patch.status["message"] = "mysql password changed!"
