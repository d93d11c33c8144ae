using System.Text.RegularExpressions;

namespace VirtHandover.Libvirt;

/// <summary>The settings of libvirt's QEMU driver that decide whether a handover is possible.</summary>
/// <param name="LockManager"><c>nop</c> (the default), <c>lockd</c>, <c>sanlock</c>, …</param>
/// <param name="Hooks">Executables that the daemon runs when it adopts a domain; one that fails kills the VM.</param>
public sealed partial record QemuConf(string LockManager, IReadOnlyList<string> Hooks)
{
    /// <summary>Where memory of <c>&lt;source type='file'/&gt;</c> lies, unless it is huge pages; libvirt's default is on the disk of <c>/var</c>.</summary>
    public string MemoryBackingDirectory { get; init; } = "/var/lib/libvirt/qemu/ram";

    /// <summary>QEMU gets a system call filter that keeps it from starting programs and raising its rights, unless <c>seccomp_sandbox</c> is 0.</summary>
    public bool HasSandbox { get; init; } = true;

    /// <summary>Directories of keys, certificates and SASL settings, other than libvirt's own below <c>/etc/pki</c>.</summary>
    public IReadOnlyList<string> SecretDirectories { get; init; } = [];

    /// <summary>Mounts of huge pages (<c>hugetlbfs_mount</c>), where they are named.</summary>
    public IReadOnlyList<string> HugePageMounts { get; init; } = [];

    /// <summary>The password of a VNC server whose domain names none; null without one. QEMU takes eight characters of it.</summary>
    internal string? VncPassword { get; init; }

    /// <summary>The same of a SPICE server.</summary>
    internal string? SpicePassword { get; init; }

    /// <summary>As whom a QEMU is started, a name or a number; null for what libvirt was built with.</summary>
    public string? User { get; init; }

    /// <summary>The group; null for what libvirt was built with.</summary>
    public string? Group { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <returns>The settings; a missing file means libvirt's defaults.</returns>
    /// <exception cref="LibvirtException"><c>qemu.conf</c> or the hooks' directory exists and cannot be read.</exception>
    public static QemuConf Read(LibvirtPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        try
        {
            return Parse(File.Exists(paths.QemuConf) ? File.ReadAllText(paths.QemuConf) : "", FindHooks(paths));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LibvirtException(0, $"The settings of libvirt's QEMU driver below {paths.ConfigDirectory} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads the text of <c>qemu.conf</c>.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="hooks">The hooks that there are.</param>
    internal static QemuConf Parse(string text, IReadOnlyList<string> hooks)
    {
        string[] lines = text.Split('\n');
        var settings = new QemuConf(Setting(lines, LockManagerLine()) ?? "nop", hooks)
        {
            User = Setting(lines, UserLine()),
            Group = Setting(lines, GroupLine()),
            HasSandbox = Setting(lines, SandboxLine()) is not "0",
            SecretDirectories = [.. lines.SelectMany(line => SecretDirectoryLine().Matches(line)).Select(match => match.Groups["value"].Value)],
            HugePageMounts = HugePageMountsOf(lines),
            VncPassword = Setting(lines, VncPasswordLine()) is { } password ? password[..Math.Min(password.Length, 8)] : null,
            SpicePassword = Setting(lines, SpicePasswordLine()),
        };
        return Setting(lines, MemoryBackingLine()) is { Length: > 0 } directory ? settings with { MemoryBackingDirectory = directory } : settings;
    }

    /// <summary>The password of displays of a protocol whose domain names none; null without one.</summary>
    /// <param name="protocol"><c>vnc</c> or <c>spice</c>.</param>
    internal string? PasswordOf(string protocol) => protocol switch { "vnc" => VncPassword, "spice" => SpicePassword, _ => null };

    private static string? Setting(string[] lines, Regex pattern) =>
        // As in libvirt's own parser, a key said twice counts as said first.
        lines.Select(line => pattern.Match(line)).FirstOrDefault(match => match.Success) is { } found ? found.Groups["value"].Value : null;

    // One path, or a list of them over any number of lines.
    private static string[] HugePageMountsOf(string[] lines)
    {
        var text = string.Join('\n', lines.Where(line => !line.TrimStart().StartsWith('#')));
        return HugePageMountSetting().Match(text) is { Success: true } match ? [.. QuotedPath().Matches(match.Value).Select(path => path.Groups["value"].Value)] : [];
    }

    private static List<string> FindHooks(LibvirtPaths paths)
    {
        string single = Path.Combine(paths.ConfigDirectory, "hooks", "qemu");
        string directory = single + ".d";
        IEnumerable<string> candidates = Directory.Exists(directory) ? Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal) : [];
        return [.. candidates.Prepend(single).Where(file => File.Exists(file) && (File.GetUnixFileMode(file) & AnyExecute) != 0)];
    }

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    [GeneratedRegex("""^\s*lock_manager\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex LockManagerLine();

    [GeneratedRegex("""^\s*user\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex UserLine();

    [GeneratedRegex("""^\s*group\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex GroupLine();

    [GeneratedRegex("""^\s*vnc_password\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex VncPasswordLine();

    [GeneratedRegex("""^\s*spice_password\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex SpicePasswordLine();

    [GeneratedRegex("""^\s*memory_backing_dir\s*=\s*(?<quote>["'])(?<value>.*)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex MemoryBackingLine();

    [GeneratedRegex("""^\s*seccomp_sandbox\s*=\s*(?<value>-?[0-9]+)\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex SandboxLine();

    [GeneratedRegex("""^\s*[a-z_]+_(x509_cert_dir|sasl_dir)\s*=\s*(?<quote>["'])(?<value>/.+)\k<quote>\s*(#.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex SecretDirectoryLine();

    [GeneratedRegex("""^\s*hugetlbfs_mount\s*=\s*(\[[^\]]*\]|["'][^"'\n]*["'])""", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex HugePageMountSetting();

    [GeneratedRegex("""["'](?<value>/[^"'\n]*)["']""", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedPath();
}
