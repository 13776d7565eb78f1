"""A minimal operator with the steps of kubectl-mysql's watcher, for comparison: nothing is looked at twice.

create: both volumes Retain -> Secret NAME-active -> gate -> the server's pod is Ready -> status
delete: gate off -> StatefulSet off -> the pod is gone -> Job backup-NAME-job -> it is complete -> finalizer off
password: Secret NAME-active -> Job change-pass-NAME-job
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


@kopf.on.create(*RESOURCE)
async def create(name, namespace, spec, **_):
    core = f"/api/v1/namespaces/{namespace}"
    for claim in (f"{name}-pvc", f"backup-{name}-pvc"):
        volume = (await call("GET", f"{core}/persistentvolumeclaims/{claim}"))["spec"]["volumeName"]
        await merge(f"/api/v1/persistentvolumes/{volume}", {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
    labels = {LABEL: name}
    secret = {"metadata": {"name": f"{name}-active", "labels": labels}, "data": {"current": encode(spec["password"])}}
    await call("POST", f"{core}/secrets", secret)
    gate = {"metadata": {"name": f"{name}-gate", "labels": labels}, "data": {"expect": "empty"}}
    await call("POST", f"{core}/configmaps", gate)


@kopf.on.event("", "v1", "pods", labels={LABEL: kopf.PRESENT})
async def server_ready(name, namespace, labels, status, **_):
    """Told, not asked for: a thousand resources that ask every 20 ms would only slow each other down."""
    if not any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or []):
        return
    owner = labels[LABEL]
    message = f"{owner} created without restore-job"
    conditions = [condition("Ready", "Ready", "the server is Ready")]
    resource = f"/apis/otus.homework/v1/namespaces/{namespace}/mysqls/{owner}"
    await merge(f"{resource}/status", {"status": {"message": message, "conditions": conditions}})


def condition(kind, reason, message):
    times = {"observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"type": kind, "status": "True", "reason": reason, "message": message, **times}


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


@kopf.on.delete(*RESOURCE)
async def delete(name, namespace, **_):
    core = f"/api/v1/namespaces/{namespace}"
    batch = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    if os.environ["BENCH_STEPS"] != "job":
        await call("DELETE", f"{core}/configmaps/{name}-gate")
        await call("DELETE", f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}")

        async def gone():
            return await call("GET", f"{core}/pods/{name}-0") is None

        await until(gone)
    await call("POST", batch, make_job(name, "backup", [f"{name}-pvc", f"backup-{name}-pvc"]))
    await until(lambda: is_complete(f"{batch}/backup-{name}-job"))


@kopf.on.update(*RESOURCE, field="spec.password")
async def change_password(name, namespace, spec, patch, **_):
    batch = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    secret = f"/api/v1/namespaces/{namespace}/secrets/{name}-active"
    await merge(secret, {"data": {"next": encode(spec["password"])}})
    await call("DELETE", f"{batch}/change-pass-{name}-job?propagationPolicy=Background")
    await call("POST", batch, make_job(name, "change-pass", []))
    await until(lambda: is_complete(f"{batch}/change-pass-{name}-job"))
    await merge(secret, {"data": {"current": encode(spec["password"]), "next": None}})
    patch.status["message"] = "mysql password changed!"
