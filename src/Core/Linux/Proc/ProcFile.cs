using System.Text;
using VirtHandover.Foreign;

namespace VirtHandover.Linux.Proc;

/// <summary>Reads files of procfs: they have no length, may vanish while they are read, and are bounded here.</summary>
internal static class ProcFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] ReadBytes(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using var content = new MemoryStream();
            byte[] buffer = new byte[32 << 10];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                if (content.Length + read > ForeignBounds.ProcBytes)
                {
                    throw ProcException.Malformed(path, $"it is larger than {ForeignBounds.ProcBytes >> 20} MiB");
                }

                content.Write(buffer, 0, read);
            }

            return content.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Translate(path, exception);
        }
    }

    public static string ReadText(string path) => Decode(path, ReadBytes(path));

    public static string Decode(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw ProcException.Malformed(path, "it is not valid UTF-8");
        }
    }

    /// <summary>The target of a symbolic link, as the kernel spells it.</summary>
    public static string ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? throw new ProcException(path, isGone: true, $"{path} does not exist any more.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Translate(path, exception);
        }
    }

    private static ProcException Translate(string path, Exception exception)
    {
        const int ESRCH = 3;
        bool gone = exception is FileNotFoundException or DirectoryNotFoundException || (exception.HResult & 0xffff) == ESRCH;
        return gone
            ? new ProcException(path, isGone: true, $"{path} does not exist any more: the process has ended.")
            : new ProcException(path, isGone: false, $"{path} cannot be read: {exception.Message}");
    }
}
