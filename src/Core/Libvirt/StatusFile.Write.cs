using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Libvirt;

public sealed partial class StatusFile
{
    /// <summary>
    /// Replaces the file in one step (temporary file in the same directory, fsync, rename, fsync of the directory), with the same
    /// mode and owner. libvirt's daemon must not run: it would write over it.
    /// </summary>
    /// <param name="content">The new content, from <see cref="Apply"/>.</param>
    /// <exception cref="StatusFileException">The file is not any more what was read, or could not be written; it was not changed.</exception>
    public void Replace(byte[] content)
    {
        StatusFile now = Read(Path);
        if (!now.Content.Span.SequenceEqual(Content.Span))
        {
            throw new StatusFileException(Path, $"The status file {Path} was changed by someone else since it was read; it was left as it is. Read it again.");
        }

        WriteDurably(content);
    }

    private void WriteDurably(byte[] content)
    {
        // libvirt reads every *.xml in its directory, so the temporary name must not end like that.
        string temporary = Path + ".virt-handover";
        try
        {
            FileIdentity model = FileIdentity.Of(Path) ?? throw new IOException("it is gone");
            File.Delete(temporary);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                DurableFile.Give(stream.SafeFileHandle, model.UserId, model.GroupId, temporary);
                File.SetUnixFileMode(stream.SafeFileHandle, (UnixFileMode)(model.Mode & 0xfff));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, Path, overwrite: true);
            DurableFile.SyncDirectory(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            TryDelete(temporary);
            throw new StatusFileException(Path, $"{Path} could not be written: {exception.Message}");
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            // The first error is the one to tell.
        }
    }
}
