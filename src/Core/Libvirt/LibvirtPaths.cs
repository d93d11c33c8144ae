using System.Text;

namespace VirtHandover.Libvirt;

/// <summary>Where libvirt's QEMU driver keeps its files; the same for monolithic and modular daemons.</summary>
public sealed record LibvirtPaths
{
    /// <summary>The directory of run-time files.</summary>
    public string RunDirectory { get; init; } = "/run/libvirt";

    /// <summary>The directory of configuration files.</summary>
    public string ConfigDirectory { get; init; } = "/etc/libvirt";

    /// <summary>The directory of logs.</summary>
    public string LogDirectory { get; init; } = "/var/log/libvirt";

    /// <summary>What a domain's QEMU writes to its standard output and error.</summary>
    /// <param name="name">The domain's name.</param>
    /// <returns>The path.</returns>
    public string LogFile(string name) => Path.Combine(LogDirectory, "qemu", name + ".log");

    /// <summary>Status files, pid files and the driver's lock.</summary>
    public string StatusDirectory => Path.Combine(RunDirectory, "qemu");

    /// <summary>The file on which the QEMU driver holds an fcntl write lock while it is up.</summary>
    public string DriverPidFile => Path.Combine(StatusDirectory, "driver.pid");

    /// <summary>The QEMU driver's configuration.</summary>
    public string QemuConf => Path.Combine(ConfigDirectory, "qemu.conf");

    /// <summary>A running domain's status file.</summary>
    /// <param name="name">The domain's name.</param>
    /// <returns>The path.</returns>
    public string StatusFile(string name) => Path.Combine(StatusDirectory, name + ".xml");

    /// <summary>A running domain's pid file. libvirt escapes this one like XML and drops control characters.</summary>
    /// <param name="name">The domain's name.</param>
    /// <returns>The path.</returns>
    public string PidFile(string name)
    {
        var escaped = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            _ = c switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&apos;"),
                < ' ' and not ('\t' or '\n' or '\r') => escaped,
                _ => escaped.Append(c),
            };
        }

        return Path.Combine(StatusDirectory, escaped.Append(".pid").ToString());
    }
}
