using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux.Launch;

/// <summary>
/// A program that root owns and nobody else may write, and so is every directory and link on the way to it: held open from that look on, so
/// that what was looked at is what is executed.
/// </summary>
internal sealed unsafe class TrustedProgram : IDisposable
{
    private const int MostLinks = 40;
    private const int MostParts = 256;
    private const int LongestPath = 4096;
    private const int Others = 0x12;
    private const int SetIds = 0xc00;
    private const int TypeMask = 0xf000;
    private const int DirectoryType = 0x4000;
    private const int LinkType = 0xa000;
    private const int ScriptHead = 256;

    private TrustedProgram(SafeFileHandle file, SafeFileHandle directory, string name, string path)
    {
        File = file;
        Directory = directory;
        Name = name;
        Path = path;
    }

    /// <summary>The program, open for reading.</summary>
    internal SafeFileHandle File { get; }

    /// <summary>The directory that it lies in.</summary>
    internal SafeFileHandle Directory { get; }

    /// <summary>Its name there.</summary>
    internal string Name { get; }

    /// <summary>Its path without links.</summary>
    internal string Path { get; }

    /// <summary>The program that the kernel would start in its place, as a script names it; null for one that is executed itself.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal string? Interpreter
    {
        get
        {
            var head = new byte[ScriptHead];
            var length = RandomAccess.Read(File, head, 0);
            if (length < 2 || head[0] != '#' || head[1] != '!')
                return null;
            // As the kernel reads it: up to the line's end, blanks skipped, then the path up to the next blank.
            var line = Encoding.Latin1.GetString(head, 2, length - 2).Split('\n')[0].Trim(' ', '\t');
            var end = line.AsSpan().IndexOfAny(' ', '\t', '\0');
            return end < 0 ? line : line[..end];
        }
    }

    /// <summary>Opens a program of root's, and sees that the interpreter of a script is as much root's.</summary>
    /// <param name="root">The root directory from which the path starts.</param>
    /// <param name="path">An absolute path; links are followed within that root.</param>
    /// <param name="owner">Root; somebody else in tests only.</param>
    /// <exception cref="UntrustedProgramException">It is missing, or it or something on the way is not root's alone.</exception>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    internal static TrustedProgram Open(SafeHandle root, string path, uint owner = 0)
    {
        var program = new Walk(root, path, owner).Run();
        try
        {
            var named = program.Interpreter;
            for (var depth = 0; named is not null; depth++)
            {
                // The kernel follows no more than five.
                if (depth == 5 || !named.StartsWith('/'))
                    throw new UntrustedProgramException($"{path} is a script whose interpreter '{named}' is not known.");
                using var interpreter = new Walk(root, named, owner).Run();
                named = interpreter.Interpreter;
            }

            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    /// <summary>Opens a root directory.</summary>
    /// <param name="path">For example <c>/</c> or <c>/proc/PID/root</c>.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    internal static SafeFileHandle OpenRoot(string path) =>
        Libc.Own(Libc.Check(Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0), $"The root directory {path} cannot be opened"));

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Dispose();
        Directory.Dispose();
    }

    /// <summary>One way from a root directory to a file, step by step; no step is taken from a directory that is not root's alone.</summary>
    private sealed class Walk(SafeHandle root, string path, uint owner)
    {
        private readonly List<(SafeFileHandle Directory, string Name)> _above = [];
        private readonly Stack<string> _rest = new();

        internal TrustedProgram Run()
        {
            if (!path.StartsWith('/') || path.Length > LongestPath || path.Contains('\0', StringComparison.Ordinal))
                throw new UntrustedProgramException($"'{path}' is not the absolute path of a program.");
            try
            {
                _above.Add((OpenAt(root, ".", Libc.O_PATH | Libc.O_DIRECTORY), ""));
                Require(FileIdentity.Of(_above[0].Directory), "/");
                Push(path);
                var links = 0;
                while (_rest.TryPop(out var part))
                {
                    if (part == "..")
                    {
                        Leave();
                        continue;
                    }

                    if (Step(part, ref links) is { } found)
                        return found;
                }

                throw new UntrustedProgramException($"{path} is a directory.");
            }
            finally
            {
                _above.ForEach(each => each.Directory.Dispose());
            }
        }

        private string Here => string.Join('/', _above.Select(each => each.Name));

        private TrustedProgram? Step(string part, ref int links)
        {
            var at = $"{Here}/{part}";
            var next = OpenAt(_above[^1].Directory, part, Libc.O_PATH | Libc.O_NOFOLLOW);
            var file = FileIdentity.Of(next);
            switch ((file?.Mode ?? 0) & TypeMask)
            {
                case LinkType:
                    using (next)
                    {
                        // A link has no mode of its own; whoever owns it may lead it elsewhere.
                        if (file!.Value.UserId != owner)
                            throw Foreign(at, file.Value);
                        if (++links > MostLinks)
                            throw new UntrustedProgramException($"{path} leads through too many links.");
                        var target = ReadLink(next, at);
                        if (target.StartsWith('/'))
                            Leave(all: true);
                        Push(target);
                        return null;
                    }

                case DirectoryType:
                    _above.Add((next, part));
                    Require(file, at);
                    return null;
                default:
                    using (next)
                    {
                        Require(file, at);
                        return file is { IsRegular: true } && _rest.Count == 0
                            ? Found(next, part, at, file.Value)
                            : throw new UntrustedProgramException($"{at} is not a regular file.");
                    }
            }
        }

        private TrustedProgram Found(SafeFileHandle looked, string name, string at, FileIdentity file)
        {
            if (!file.IsExecutable)
                throw new UntrustedProgramException($"{at} is not executable.");
            // It would take other ids than those it is given.
            if ((file.Mode & SetIds) != 0)
                throw new UntrustedProgramException($"{at} takes the ids of its owner or group when it is executed.");
            var opened = OpenAt(_above[^1].Directory, name, Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY);
            try
            {
                if (FileIdentity.Of(opened) is not { } now || !now.IsSameFile(file) || !now.IsSameFile(FileIdentity.Of(looked)!.Value))
                    throw new UntrustedProgramException($"{at} was replaced at this moment.");
                return new TrustedProgram(opened, OpenAt(_above[^1].Directory, ".", Libc.O_PATH | Libc.O_DIRECTORY), name, at);
            }
            catch
            {
                opened.Dispose();
                throw;
            }
        }

        private void Push(string parts)
        {
            foreach (var part in parts.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse())
                _rest.Push(part);
            if (_rest.Count > MostParts)
                throw new UntrustedProgramException($"{path} leads through too many directories.");
        }

        private void Leave(bool all = false)
        {
            while (_above.Count > 1)
            {
                _above[^1].Directory.Dispose();
                _above.RemoveAt(_above.Count - 1);
                if (!all)
                    return;
            }
        }

        private void Require(FileIdentity? file, string at)
        {
            if (file is not { } found)
                throw new UntrustedProgramException($"{at} cannot be looked at.");
            if (found.UserId != owner || (found.Mode & Others) != 0)
                throw Foreign(at, found);
        }

        private UntrustedProgramException Foreign(string at, FileIdentity file)
        {
            var what = at == path ? at : $"{path} leads through {at}, which";
            var how = file.UserId != owner
                ? string.Create(CultureInfo.InvariantCulture, $"belongs to user {file.UserId}")
                : $"can be written by others than its owner (mode {Convert.ToString(file.Mode & 0xfff, 8)})";
            return new UntrustedProgramException($"{what} {how}: only programs that root alone can change are run.");
        }

        private SafeFileHandle OpenAt(SafeHandle directory, string name, int flags)
        {
            var bytes = Marshal.StringToCoTaskMemUTF8(name);
            try
            {
                var opened = (int)Libc.syscall6(Libc.SYS_openat, directory.DangerousGetHandle(), bytes, flags | Libc.O_CLOEXEC, 0, 0, 0);
                var error = opened < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error is Libc.ENOENT or Libc.ENOTDIR)
                    throw new UntrustedProgramException($"{path} is missing.", isMissing: true);
                return Libc.Own(Libc.Check(opened, $"{path} cannot be opened"));
            }
            finally
            {
                Marshal.FreeCoTaskMem(bytes);
            }
        }

        private static string ReadLink(SafeFileHandle link, string at)
        {
            var buffer = stackalloc byte[LongestPath];
            byte nothing = 0;
            var read = (int)Libc.syscall6(Libc.SYS_readlinkat, link.DangerousGetHandle(), (nint)(&nothing), (nint)buffer, LongestPath, 0, 0);
            var length = Libc.Check(read, $"The link {at} cannot be read");
            return length < LongestPath ? Encoding.UTF8.GetString(buffer, length) : throw new UntrustedProgramException($"The link {at} is too long.");
        }
    }
}
