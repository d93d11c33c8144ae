using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VirtHandover.Foreign;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux.Launch;

/// <summary>A message for a program that is being started, in memory that nobody can change any more.</summary>
internal static unsafe class SealedMemory
{
    /// <summary>Bytes; the arguments of a program may have no more.</summary>
    private const int Largest = 4 << 20;

    /// <summary>Writes a message.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="message">The message.</param>
    /// <param name="type">How it is written.</param>
    /// <exception cref="LinuxException">It is too large, or the kernel refused.</exception>
    internal static SafeHandle Write<T>(T message, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, type);
        if (bytes.Length > Largest)
            throw new LinuxException(0, $"What the new process is to be told is {bytes.Length} bytes long, more than {Largest}.");
        var memory = Libc.Own(Libc.Check(
            Libc.memfd_create("virt-handover-launch", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING), "Memory for a message to a new process cannot be made"));
        try
        {
            RandomAccess.Write(memory, bytes, 0);
            _ = Libc.Check(Libc.fcntl((int)memory.DangerousGetHandle(), Libc.F_ADD_SEALS, Libc.F_SEALS), "A message to a new process cannot be sealed");
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Reads a message and closes its descriptor.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="descriptor">Its number, inherited.</param>
    /// <param name="type">How it is written.</param>
    /// <exception cref="LinuxException">It is none that could not be changed any more, or says something else.</exception>
    internal static T Read<T>(int descriptor, JsonTypeInfo<T> type)
        where T : class
    {
        using var memory = Libc.Own(descriptor);
        var seals = Libc.fcntl(descriptor, Libc.F_GET_SEALS, 0);
        if (seals < 0 || (seals & Libc.F_SEALS) != Libc.F_SEALS)
            throw new LinuxException(0, $"Descriptor {descriptor} is no sealed message.");
        // Its position is shared with the writer, so by offset.
        var bytes = new byte[Math.Min(RandomAccess.GetLength(memory), Largest + 1)];
        var length = RandomAccess.Read(memory, bytes, 0);
        try
        {
            return length <= Largest ? ForeignJson.Read(bytes.AsSpan(0, length), type) : throw new LinuxException(0, "The message is too long.");
        }
        catch (ForeignJsonException exception)
        {
            throw new LinuxException(0, $"The message cannot be read: {exception.Message}");
        }
    }
}
