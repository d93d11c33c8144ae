using System.Diagnostics;
using System.Text;

namespace VirtHandover.Tests.Unit;

/// <summary>Programs that a test writes and runs.</summary>
internal static class Executable
{
    /// <summary>
    /// Written by a process of its own: while this one has the file open, any child that another test starts in that moment has it open too,
    /// until its execve(2), and a file that somebody may write to cannot be run (ETXTBSY).
    /// </summary>
    /// <param name="path">The file; it may be there already.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Its permissions as chmod(1) takes them.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, string mode = "755")
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", "cat > \"$1\"; chmod \"$2\" \"$1\"", "sh", path, mode]) { RedirectStandardInput = true })!;
        shell.StandardInput.BaseStream.Write(content);
        shell.StandardInput.Close();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>Writes a script, with its first line.</summary>
    public static void Write(string path, string script, string mode = "755") => Write(path, Encoding.UTF8.GetBytes(script), mode);
}
