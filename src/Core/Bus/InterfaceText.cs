using System.Text;

namespace VirtHandover.Bus;

/// <summary>
/// What introspection shows of an interface: its documented XML, <c>data/dbus</c>, which is a part of this program. That it says what the definition says is
/// the tests' to prove.
/// </summary>
internal static class InterfaceText
{
    /// <summary>The one of D-Bus's own that Tmds.DBus has no text of.</summary>
    internal static ReadOnlyMemory<byte> ObjectManager { get; } = """
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

        """u8.ToArray();

    /// <summary>The element, with its comments.</summary>
    /// <param name="definition">The interface; one without such a file is only named.</param>
    /// <returns>XML.</returns>
    internal static ReadOnlyMemory<byte> Of(InterfaceDefinition definition)
    {
        using var file = typeof(InterfaceText).Assembly.GetManifestResourceStream(definition.Name + ".xml");
        if (file is null)
            return Encoding.UTF8.GetBytes($"  <interface name=\"{definition.Name}\"/>\n");
        var text = new byte[file.Length];
        file.ReadExactly(text);
        var end = text.AsSpan().LastIndexOf("</interface>\n"u8) + "</interface>\n"u8.Length;
        return text.AsMemory(text.AsSpan().IndexOf("  <interface "u8)..end);
    }
}
