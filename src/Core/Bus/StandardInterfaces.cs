namespace VirtHandover.Bus;

/// <summary>The interfaces of D-Bus itself (D-Bus specification, "Standard Interfaces").</summary>
internal static class StandardInterfaces
{
    internal const string Introspectable = "org.freedesktop.DBus.Introspectable";
    internal const string ObjectManager = "org.freedesktop.DBus.ObjectManager";
    internal const string Peer = "org.freedesktop.DBus.Peer";
    internal const string Properties = "org.freedesktop.DBus.Properties";

    /// <summary>The first lines of what introspection says.</summary>
    internal const string DocumentType = """
        <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">

        """;

    /// <summary>What every object has.</summary>
    internal const string OfObjects = """
          <interface name="org.freedesktop.DBus.Peer">
            <method name="Ping"/>
            <method name="GetMachineId">
              <arg type="s" name="machine_uuid" direction="out"/>
            </method>
          </interface>
          <interface name="org.freedesktop.DBus.Introspectable">
            <method name="Introspect">
              <arg type="s" name="xml_data" direction="out"/>
            </method>
          </interface>
          <interface name="org.freedesktop.DBus.Properties">
            <method name="Get">
              <arg type="s" name="interface_name" direction="in"/>
              <arg type="s" name="property_name" direction="in"/>
              <arg type="v" name="value" direction="out"/>
            </method>
            <method name="GetAll">
              <arg type="s" name="interface_name" direction="in"/>
              <arg type="a{sv}" name="properties" direction="out"/>
            </method>
            <method name="Set">
              <arg type="s" name="interface_name" direction="in"/>
              <arg type="s" name="property_name" direction="in"/>
              <arg type="v" name="value" direction="in"/>
            </method>
            <signal name="PropertiesChanged">
              <arg type="s" name="interface_name"/>
              <arg type="a{sv}" name="changed_properties"/>
              <arg type="as" name="invalidated_properties"/>
            </signal>
          </interface>

        """;

    /// <summary>What an object manager has besides.</summary>
    internal const string OfManagers = """
          <interface name="org.freedesktop.DBus.ObjectManager">
            <method name="GetManagedObjects">
              <arg type="a{oa{sa{sv}}}" name="objects" direction="out"/>
            </method>
            <signal name="InterfacesAdded">
              <arg type="o" name="object_path"/>
              <arg type="a{sa{sv}}" name="interfaces_and_properties"/>
            </signal>
            <signal name="InterfacesRemoved">
              <arg type="o" name="object_path"/>
              <arg type="as" name="interfaces"/>
            </signal>
          </interface>

        """;

    /// <summary>Whether every object has it.</summary>
    internal static bool Has(string name) => name is Introspectable or Peer or Properties;
}
