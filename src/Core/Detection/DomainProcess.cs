using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Says whether a process is the QEMU of a domain, by its command line.</summary>
internal static class DomainProcess
{
    /// <summary>True when it was started for this domain.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="name">The domain's name.</param>
    public static bool Belongs(IReadOnlyList<string> arguments, Guid domain, string name)
    {
        // QEMU doubles a comma in an option's value.
        string guest = "guest=" + name.Replace(",", ",,", StringComparison.Ordinal);
        for (int i = 0; i + 1 < arguments.Count; i++)
        {
            string value = arguments[i + 1];
            if (arguments[i] == "-uuid")
            {
                return Guid.TryParse(value, out Guid uuid) && uuid == domain;
            }
        }

        for (int i = 0; i + 1 < arguments.Count; i++)
        {
            string value = arguments[i + 1];
            if (arguments[i] == "-name" && value.StartsWith(guest, StringComparison.Ordinal))
            {
                // The name may go on with a doubled comma; then it is another name.
                return value.Length == guest.Length
                    || (value[guest.Length] == ',' && (value.Length == guest.Length + 1 || value[guest.Length + 1] != ','));
            }
        }

        return false;
    }

    /// <summary>The pid in a pid file of libvirt's; null when there is none.</summary>
    /// <param name="path">The file.</param>
    public static int? FromPidFile(string path)
    {
        try
        {
            byte[] content = ProcFile.ReadBytes(path);
            return content.Length < 32 && int.TryParse(System.Text.Encoding.ASCII.GetString(content).Trim(), out int pid) && pid > 0 ? pid : null;
        }
        catch (ProcException)
        {
            return null;
        }
    }
}
