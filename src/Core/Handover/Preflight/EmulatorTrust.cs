using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Preflight;

/// <summary>Whether an emulator is root's alone. Whoever may edit a domain names it, and nobody makes root's service run a program of his.</summary>
internal static class EmulatorTrust
{
    /// <summary>Looks along an emulator's path, in the host and as a VM's QEMU sees it.</summary>
    /// <param name="source">The VM's QEMU.</param>
    /// <param name="emulator">The path in the domain's XML.</param>
    /// <param name="program">The program that it leads to in the host.</param>
    /// <returns>Which part of the path is whose, a sentence; null when it is root's alone, or missing, which is said elsewhere.</returns>
    /// <exception cref="Linux.LinuxException">A root directory or a path cannot be opened.</exception>
    internal static string? Problem(ProcessIdentity source, string emulator, string program)
    {
        try
        {
            using (var host = TrustedProgram.OpenRoot("/"))
            using (TrustedProgram.Open(host, program))
            {
            }

            // What it has made itself is refused for that, and not looked at.
            if (SourceNamespaces.Obstacle(source) is not null)
                return null;
            // Its own namespace, too: that of libvirt's making differs in /dev only, and what another differs in is the point.
            using var root = TrustedProgram.OpenRoot(ProcRoot.Host.File(source.ProcessId, "root"));
            using (TrustedProgram.Open(root, emulator))
            {
            }

            return null;
        }
        catch (IOException exception)
        {
            return $"The emulator {emulator} cannot be read: {exception.Message}";
        }
        catch (UntrustedProgramException exception)
        {
            return exception.IsMissing ? null : exception.Message;
        }
    }
}
