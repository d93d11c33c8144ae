using System.Text.RegularExpressions;
using System.Xml.Linq;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Records;

/// <summary>
/// Which files, sockets and devices belong to a domain: what its definition names word for word, what libvirt makes for this run of it, and what
/// libvirt's settings name. Pure: no path is looked at.
/// </summary>
internal sealed partial class NamedThings
{
    // Names of members whose value is a path, a device or a program, wherever they stand in an option. A value with a slash is looked at under any name.
    private static readonly HashSet<string> Naming = new(StringComparer.Ordinal)
    {
        "cancel-path", "data-file", "db", "dev", "dir", "downscript", "evdev", "exec", "file", "filename", "helper", "host", "hostdevice", "logfile",
        "mem-path", "out", "path", "rendernode", "romfile", "script", "socket", "sysfsdev", "url", "vhostdev", "x509-dir",
    };

    // Arguments that are no list of members.
    private static readonly HashSet<string> Whole = new(StringComparer.Ordinal)
    {
        "append", "bios", "dtb", "initrd", "k", "kernel", "loadvm", "mem-path", "shim",
    };

    private static readonly string[] NotTheMachine = ["metadata", "description", "title"];

    private readonly DomainFacts _facts;
    private readonly HashSet<string> _said;
    private readonly HashSet<string> _ids;
    private readonly HashSet<string> _fdsets;
    private readonly bool _wasMoved;

    /// <summary>Collects what belongs to a domain.</summary>
    /// <param name="facts">What libvirt says.</param>
    /// <param name="line">The command line, for references within it.</param>
    /// <param name="wasMoved">A handover has made it.</param>
    internal NamedThings(DomainFacts facts, CommandLine line, bool wasMoved)
    {
        _facts = facts;
        _wasMoved = wasMoved;
        _said = Said(facts.Domain.Element).ToHashSet(StringComparer.Ordinal);
        _ids = line.All("blockdev").Select(option => option.Id).OfType<string>().ToHashSet(StringComparer.Ordinal);
        _fdsets = line.All("add-fd").Select(option => "/dev/fdset/" + option.Value.Text("set")).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What an option names and does not belong to the domain, for a sentence; never what may be a password.</summary>
    /// <exception cref="CommandLineException">The argument cannot be read.</exception>
    internal IEnumerable<string> Foreign(CommandLineOption option)
    {
        var argument = option.Argument ?? "";
        if (Whole.Contains(option.Name))
            return Belongs("", argument, option) ? [] : [option.Name == "append" ? "another kernel command line" : LineCheck.Quote(argument)];
        return OptionWords.Of(argument).Where(word => Names(word, option) && !Belongs(word.Key, word.Text, option))
            .Select(word => Naming.Contains(word.Key) || word.Text.StartsWith('/') ? LineCheck.Quote(word.Text) : $"something as {LineCheck.Quote(word.Key)}");
    }

    private static bool Names(OptionWord word, CommandLineOption option)
    {
        if (word.Text.Length == 0)
            return false;
        // Encrypted; that it is base64 the kind of its object says, and where it comes from otherwise stands under "file".
        if (option.Name == "object" && word.Key is "data" or "iv" && option.Kind == "secret")
            return false;
        // An address and its length.
        if (option.Name == "netdev" && word.Key is "net" or "ipv6-net")
            return false;
        return Naming.Contains(word.Key) || word.Text.Contains('/', StringComparison.Ordinal);
    }

    private bool Belongs(string key, string text, CommandLineOption option)
    {
        if (_said.Contains(text))
            return true;
        if (!text.Contains('/', StringComparison.Ordinal))
        {
            return key is "file" or "data-file" ? option.Name == "blockdev" && _ids.Contains(text)
                : key is "script" or "downscript" ? text == "no"
                : key == "host" ? PciAddress().IsMatch(text) && HasPciDevice
                : key == "path" && option.Kind is "gluster" or "nfs" or "ssh" && _said.Any(said => said.EndsWith("/" + text, StringComparison.Ordinal));
        }

        // Of a VNC server, and of a bus.
        foreach (var prefix in (string[])["unix:path=", "unix:"])
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
                return Belongs(key, text[prefix.Length..], option);
        }

        return _fdsets.Contains(text)
            || (_wasMoved && key == "mem-path" && SelfDescriptor().IsMatch(text))
            || IsOwn(text)
            || IsSecretDirectory(text)
            || IsDevice(key, text)
            || (key == "url" && IsUrl(text));
    }

    // libvirt's own places for this run of the domain; the number in it makes its name unlike any other's.
    private bool IsOwn(string path)
    {
        if (_facts.ShortName is not { Length: > 2 } own || !IsPlain(path))
            return false;
        if (path.StartsWith(_facts.LibDirectory + "/", StringComparison.Ordinal))
            return true;
        string[] roots =
        [
            "/var/lib/libvirt/qemu/", "/run/libvirt/qemu/", "/var/run/libvirt/qemu/", _facts.Settings.MemoryBackingDirectory.TrimEnd('/') + "/",
            .. _facts.Settings.HugePageMounts.Select(mount => mount.TrimEnd('/') + "/libvirt/qemu/"),
        ];
        foreach (var root in roots.Where(root => path.StartsWith(root, StringComparison.Ordinal)))
        {
            if (path[root.Length..].Split('/').Any(part => part == own || part == "domain-" + own || part.StartsWith(own + "-", StringComparison.Ordinal)))
                return true;
        }

        return HugePages().Match(path) is { Success: true } match && match.Groups["own"].Value == own;
    }

    private bool IsSecretDirectory(string path) => IsPlain(path)
        && (path.StartsWith("/etc/pki/", StringComparison.Ordinal)
            || _facts.Settings.SecretDirectories.Any(directory =>
                path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal)));

    // What the definition names in other words than QEMU does. Those that matter cannot be handed over at all (VFIO, USBHOST, IVSHMEM, …).
    private bool IsDevice(string key, string path)
    {
        var devices = _facts.Domain.Element.Elements("devices").Elements().ToList();
        return key switch
        {
            "hostdevice" => UsbDevice().IsMatch(path) && HasHostDevice(devices, "usb"),
            "filename" when ScsiDevice().IsMatch(path) => HasHostDevice(devices, "scsi"),
            "filename" or "dir" => IsPlain(path) && devices.Elements("source").Select(source => source.Text("volume")).OfType<string>()
                .Any(volume => path.EndsWith("/" + volume, StringComparison.Ordinal)),
            "sysfsdev" => path.StartsWith(MediatedDevices, StringComparison.Ordinal) && _said.Contains(path[MediatedDevices.Length..]),
            "rendernode" => RenderNode().IsMatch(path) && devices.Any(device => device.Name.LocalName == "graphics"),
            "mem-path" => SharedMemory(devices).Any(name => path == "/dev/shm/" + name),
            "path" => SharedMemory(devices).Any(name => path == $"/var/lib/libvirt/shmem-{name}-sock"),
            _ => false,
        };
    }

    private bool IsUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https" or "ftp" or "ftps" or "tftp" && _said.Contains(url.IdnHost);

    private bool HasPciDevice => _facts.Domain.Element.Elements("devices").Elements().Any(device =>
        device.Name.LocalName == "hostdev" || (device.Name.LocalName == "interface" && device.Text("type") is "hostdev" or "network"));

    private static bool HasHostDevice(IEnumerable<XElement> devices, string type) =>
        devices.Any(device => device.Name.LocalName == "hostdev" && device.Text("type") == type);

    private static IEnumerable<string> SharedMemory(IEnumerable<XElement> devices) =>
        devices.Where(device => device.Name.LocalName == "shmem").Select(device => device.Text("name")).OfType<string>();

    private static bool IsPlain(string path) => path.StartsWith('/') && path[1..].Split('/').All(part => part is not ("" or "." or ".."));

    // Words of its owner, which say nothing of the machine, are left out.
    private static IEnumerable<string> Said(XElement element)
    {
        foreach (var attribute in element.Attributes())
            yield return attribute.Value;
        if (!element.HasElements && element.Value.Length > 0)
        {
            yield return element.Value;
            yield return element.Value.Trim();
        }

        foreach (var text in element.Elements().Where(child => !NotTheMachine.Contains(child.Name.LocalName)).SelectMany(Said))
            yield return text;
    }

    private const string MediatedDevices = "/sys/bus/mdev/devices/";

    [GeneratedRegex(@"\A[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\z", RegexOptions.CultureInvariant)]
    private static partial Regex PciAddress();

    [GeneratedRegex(@"\A/proc/self/fd/[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SelfDescriptor();

    [GeneratedRegex(@"\A/dev/[A-Za-z0-9_-]+/libvirt/qemu/(?<own>[^/]+)(/[^/]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HugePages();

    [GeneratedRegex(@"\A/dev/bus/usb/[0-9]{3}/[0-9]{3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UsbDevice();

    [GeneratedRegex(@"\A/dev/sg[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ScsiDevice();

    [GeneratedRegex(@"\A/dev/dri/[A-Za-z0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex RenderNode();
}
