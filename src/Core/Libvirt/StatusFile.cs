using System.Text;
using System.Xml;
using System.Xml.Linq;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Libvirt;

/// <summary>
/// <c>/run/libvirt/qemu/NAME.xml</c>: what libvirt knows of a running domain, and what it reads back when its daemon starts.
/// </summary>
public sealed partial class StatusFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly XElement _root;

    private StatusFile(string path, byte[] content, string text, XDocument document, int processId, DomainXml domain)
    {
        Path = path;
        Content = content;
        Text = text;
        Document = document;
        ProcessId = processId;
        Domain = domain;
        _root = document.Root!;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its content as it was read.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The QEMU process libvirt believes in.</summary>
    public int ProcessId { get; }

    /// <summary>The live definition in it.</summary>
    public DomainXml Domain { get; }

    /// <summary>The domain's UUID.</summary>
    public Guid Uuid => Domain.Uuid;

    /// <summary>The domain's name.</summary>
    public string Name => Domain.Name;

    /// <summary>QEMU's monitor socket.</summary>
    public string MonitorPath => _root.Element("monitor").Text("path") ?? "";

    /// <summary>The domain's private directory, with its monitor socket and master key.</summary>
    public string LibDirectory => _root.Element("libDir").Text("path") ?? "";

    /// <summary>The active job, such as <c>modify</c> or <c>migration out</c>; null when there is none.</summary>
    public string? Job => _root.Element("job") is { } job ? JobName(job) : null;

    /// <summary>The VM is just being started, restored, reverted or migrated here: a daemon that comes back meanwhile kills its QEMU.</summary>
    public bool IsComing => Job is "start" or "migration in";

    /// <summary>A block job is active, or one is still to be ended.</summary>
    public bool HasBlockJobs => _root.Element("blockjobs") is { } jobs && (jobs.Text("active") == "yes" || jobs.HasElements);

    /// <summary>libvirt knows that this QEMU can filter its system calls, and has it do so unless it is told not to.</summary>
    public bool KnowsSandbox => _root.Elements("qemuCaps").Elements("flag").Any(flag => flag.Text("name") == "seccomp-sandbox");

    /// <summary>A backup runs.</summary>
    public bool HasBackup => _root.Element("backups") is { HasElements: true };

    /// <summary>State of a lock manager; empty when none is used.</summary>
    public string LockState => _root.Element("lockstate")?.Value ?? "";

    /// <summary>A client has sent commands to its QEMU past libvirt.</summary>
    public bool IsMonitorUsed => _root.Elements("taint").Any(taint => taint.Text("flag") == "custom-monitor");

    /// <summary>The next shutdown of the guest is to become a reboot.</summary>
    public bool FakeReboot => _root.Element("fakereboot") is not null;

    /// <summary>Pseudo terminals of the domain's devices, each once.</summary>
    public IReadOnlyList<string> Ptys => [.. PtyAttributes(Document).Select(attribute => attribute.Value).Distinct(StringComparer.Ordinal)];

    internal string Text { get; }

    internal XDocument Document { get; }

    /// <summary>Reads a status file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="StatusFileException">It cannot be read, or is not a status file.</exception>
    public static StatusFile Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > SafeXml.MaxLength)
            {
                throw new StatusFileException(path, $"The status file {path} is larger than 16 MiB, which libvirt would not have written.");
            }

            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            return Parse(path, content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StatusFileException(path, $"The status file {path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads the status files of all domains; what is none of a domain's, or goes away meanwhile, is left out, as libvirt does.</summary>
    /// <param name="paths">Where they are.</param>
    /// <returns>What they say.</returns>
    public static IEnumerable<StatusFile> ReadAll(LibvirtPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (string file in Directory.EnumerateFiles(paths.StatusDirectory, "*.xml"))
        {
            StatusFile status;
            try
            {
                status = Read(file);
            }
            catch (StatusFileException)
            {
                continue;
            }

            yield return status;
        }
    }

    /// <summary>Where the monitors of all domains are, without reading more of their status files than that.</summary>
    /// <param name="paths">Where they are.</param>
    /// <returns>Absolute paths; a file that is none of a domain's, or goes away meanwhile, has none.</returns>
    public static IEnumerable<string> Monitors(LibvirtPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string[] files;
        try
        {
            files = Directory.GetFiles(paths.StatusDirectory, "*.xml");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (string file in files)
        {
            if (MonitorIn(file) is { } monitor && System.IO.Path.IsPathRooted(monitor))
            {
                yield return monitor;
            }
        }
    }

    /// <summary>Reads a status file's content.</summary>
    /// <param name="path">Its name; nothing is opened.</param>
    /// <param name="content">Its bytes.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="StatusFileException">It is not a status file.</exception>
    public static StatusFile Parse(string path, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.Length > SafeXml.MaxLength)
        {
            throw new StatusFileException(path, $"The status file {path} is larger than 16 MiB, which libvirt would not have written.");
        }

        try
        {
            string text = Strict.GetString(content);
            XDocument document = SafeXml.Parse(text);
            return Check(path, content, text, document);
        }
        catch (DecoderFallbackException)
        {
            throw new StatusFileException(path, $"The status file {path} is not UTF-8 text.");
        }
        catch (XmlException exception)
        {
            throw new StatusFileException(path, $"The status file {path} is not well-formed XML: {exception.Message}");
        }
    }

    internal static IEnumerable<XAttribute> PtyAttributes(XDocument document)
    {
        foreach (XElement device in document.Root!.Elements("domain").Elements("devices").Elements())
        {
            if (device.Text("type") != "pty")
            {
                continue;
            }

            if (device.Attribute("tty") is { } tty)
            {
                yield return tty;
            }

            foreach (XAttribute path in device.Elements("source").Attributes("path"))
            {
                yield return path;
            }
        }
    }

    private static string? MonitorIn(string path)
    {
        try
        {
            return SafeXml.FindAttribute(path, "monitor", "path");
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static StatusFile Check(string path, byte[] content, string text, XDocument document)
    {
        XElement root = document.Root!;
        if (document.Declaration?.Encoding is { } encoding && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw new StatusFileException(path, $"The status file {path} says that it is encoded as {encoding}; libvirt writes UTF-8.");
        }

        if (root.Name != "domstatus")
        {
            throw new StatusFileException(path, $"The status file {path} has no <domstatus>.");
        }

        if (SafeXml.Int(root.Text("pid")) is not { } processId || processId <= 0)
        {
            throw new StatusFileException(path, $"The status file {path} names no process: its pid is missing or not a number above 0.");
        }

        if (root.Elements("domain").Count() != 1 || DomainXml.TryRead(root.Element("domain")!) is not { } domain)
        {
            throw new StatusFileException(path, $"The status file {path} does not hold one <domain> with a name and a UUID.");
        }

        return new StatusFile(path, content, text, document, processId, domain);
    }

    private static string? JobName(XElement job)
    {
        string asynchronous = job.Text("async") ?? "none";
        string type = job.Text("type") ?? "none";
        return asynchronous != "none" ? asynchronous : type != "none" ? type : null;
    }
}
