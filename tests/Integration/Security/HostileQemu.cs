using System.Globalization;
using System.Text;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>What code inside a QEMU process can do to itself, done from outside: its memory is written, a library is loaded into it.</summary>
internal static class HostileQemu
{
    /// <summary>A directory that everybody may enter and root alone may change.</summary>
    public const string Tools = "/usr/lib/lab-hostile";

    /// <summary>Replaces a part of a process's command line by another one of the same length.</summary>
    public static async Task ReplaceArgument(int process, string old, string other)
    {
        Assert.Equal(old.Length, other.Length);
        var (from, to) = await Arguments(process);
        var words = new byte[to - from];
        using (var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0))
            Assert.Equal(words.Length, RandomAccess.Read(memory.SafeFileHandle, words, from));
        var at = words.AsSpan().IndexOf(Encoding.UTF8.GetBytes(old));
        Assert.True(at >= 0, $"'{old}' is not on the command line of process {process}.");
        Encoding.UTF8.GetBytes(other).CopyTo(words, at);
        Write(process, from, words);
    }

    /// <summary>Compiles a library.</summary>
    public static async Task<string> Library(string name, string source)
    {
        Directory.CreateDirectory(Tools);
        var file = Path.Combine(Tools, name);
        await File.WriteAllTextAsync(file + ".c", source);
        await Shell.Run("gcc", "-shared", "-fPIC", "-o", file + ".so", file + ".c");
        await Shell.Run("chmod", "-R", "a+rX", Tools);
        return file + ".so";
    }

    /// <summary>Writes a script that may be run.</summary>
    public static async Task<string> Script(string path, string body)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "#!/bin/bash\n" + body + "\n");
        await Shell.Run("chmod", "755", path);
        return path;
    }

    // Fields 48 and 49 of /proc/PID/stat; the split begins behind the name, with the third.
    private static async Task<(long From, long To)> Arguments(int process)
    {
        const int Field = 45;
        var fields = (await File.ReadAllTextAsync($"/proc/{process}/stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (long.Parse(fields[Field], CultureInfo.InvariantCulture), long.Parse(fields[Field + 1], CultureInfo.InvariantCulture));
    }

    private static void Write(int process, long at, byte[] bytes)
    {
        using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        RandomAccess.Write(memory.SafeFileHandle, bytes, at);
    }
}
