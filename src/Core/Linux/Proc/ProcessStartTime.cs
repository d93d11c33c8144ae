using System.Globalization;

namespace VirtHandover.Linux.Proc;

/// <summary>Field 22 of <c>/proc/PID/stat</c>: with the pid it names one process for the host's whole uptime.</summary>
public static class ProcessStartTime
{
    /// <summary>Reads it.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>Clock ticks since the host's boot.</returns>
    /// <exception cref="ProcException">The process has ended, or the file is malformed.</exception>
    public static ulong Read(ProcRoot proc, int processId)
    {
        string path = proc.File(processId, "stat");
        return Parse(path, ProcFile.ReadBytes(path));
    }

    /// <summary>Reads it from the file's content.</summary>
    /// <param name="path">Named in the exception.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>Clock ticks since the host's boot.</returns>
    /// <exception cref="ProcException">The content is malformed.</exception>
    public static ulong Parse(string path, ReadOnlySpan<byte> content)
    {
        // The name in field 2 may hold anything, brackets and spaces included: fields count from the last ')'.
        int name = content.LastIndexOf((byte)')');
        if (name >= 0)
        {
            ReadOnlySpan<byte> rest = content[(name + 1)..];
            int field = 2;
            foreach (Range range in rest.Split((byte)' '))
            {
                ReadOnlySpan<byte> value = rest[range];
                if (!value.IsEmpty && ++field == 22)
                {
                    return ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong ticks)
                        ? ticks
                        : throw ProcException.Malformed(path, "field 22 is not a number");
                }
            }
        }

        throw ProcException.Malformed(path, "it has no field 22");
    }
}
