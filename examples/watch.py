#!/usr/bin/python3
"""watch.py - prints a line whenever a VM changes its state. Needs the distribution's python3-dbus and python3-gi; no privileges."""
import dbus
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

SERVICE = "org.virthandover.Handover1"
DOMAIN = SERVICE + ".Domain"
domains = {}


def show(path, changed):
    known = domains.setdefault(path, {})
    before = known.get("State", "-")
    known.update(changed)
    if known.get("State") != before:
        # repr(): whoever may create a VM chooses its name, terminal escapes included.
        print(f"{str(known['Name'])!r}: {before} -> {known['State']} {known.get('WaitReason', '')}".rstrip(), flush=True)


def changed(interface, properties, invalidated, path):
    if interface == DOMAIN:
        show(path, properties)


DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
manager = dbus.Interface(bus.get_object(SERVICE, "/org/virthandover/Handover1"), "org.freedesktop.DBus.ObjectManager")
# Subscribed first, read then: nothing is missed in between.
bus.add_signal_receiver(changed, "PropertiesChanged", "org.freedesktop.DBus.Properties", SERVICE, path_keyword="path")
manager.connect_to_signal("InterfacesAdded", lambda path, interfaces: show(path, interfaces.get(DOMAIN, {})))
manager.connect_to_signal("InterfacesRemoved", lambda path, interfaces: domains.pop(path, None))
for path, interfaces in manager.GetManagedObjects().items():
    show(path, interfaces.get(DOMAIN, {}))
GLib.MainLoop().run()
