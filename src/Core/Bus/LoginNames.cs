using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus;

/// <summary>Login names by number.</summary>
internal static class LoginNames
{
    // Names may come from a directory service over the network; nobody waits for one that is away.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    // Such a question holds a thread for as long as it likes: of one user there is one at a time, however often he calls.
    private static readonly ConcurrentDictionary<uint, Task<string>> s_asking = new();

    /// <summary>Looks a user up (getpwuid_r(3)).</summary>
    /// <param name="userId">The user's number.</param>
    /// <returns>The name without anything a terminal would act on; empty when there is none or it takes too long.</returns>
    internal static async Task<string> OfAsync(uint userId)
    {
        try
        {
            return await s_asking.GetOrAdd(userId, Ask).WaitAsync(s_limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return "";
        }
    }

    private static Task<string> Ask(uint userId) => Task.Run(() =>
    {
        try
        {
            return Of(userId);
        }
        finally
        {
            s_asking.TryRemove(userId, out _);
        }
    });

    private static unsafe string Of(uint userId)
    {
        const int Room = 16 * 1024;
        var buffer = stackalloc byte[Room];
        Libc.passwd entry;
        Libc.passwd* found;
        if (Libc.getpwuid_r(userId, &entry, buffer, Room, &found) != 0 || found is null)
            return "";
        var name = Marshal.PtrToStringUTF8((nint)entry.pw_name) ?? "";
        return name.Any(char.IsControl) ? "" : name;
    }
}
