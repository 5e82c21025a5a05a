"""Prints what python3-zeroconf sees of a type, a JSON line for each: watch_services.py TYPE SECONDS"""
import json
import sys
import time

from zeroconf import ServiceBrowser, Zeroconf

zeroconf = Zeroconf()


class Listener:
    def tell(self, what, name, info=None):
        line = {"what": what, "name": name, "atMs": round(time.monotonic() * 1000)}
        if info:
            line["addresses"] = info.parsed_addresses()
            line["port"] = info.port
            line["txt"] = {key.decode(): (value or b"").decode() for key, value in info.properties.items()}
        print(json.dumps(line), flush=True)

    def add_service(self, zc, kind, name):
        self.tell("added", name, zc.get_service_info(kind, name))

    def update_service(self, zc, kind, name):
        self.tell("updated", name)

    def remove_service(self, zc, kind, name):
        self.tell("removed", name)


ServiceBrowser(zeroconf, sys.argv[1], Listener())
time.sleep(float(sys.argv[2]))
zeroconf.close()
