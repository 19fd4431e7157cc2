import CSystem
import Engine
import Glibc

extension CameraFault {
    /// What it means for who wants to use the camera at `path`, and what to do.
    public func error(_ path: String, doing what: String) -> KingletError {
        let text: String =
            switch code {
            case ENOENT: "there is no \(path): is the camera plugged in? 'kinglet doctor' lists those that are"
            case EACCES, EPERM:
                "no permission to use \(path): put the user into its group, usually with 'sudo usermod -aG video NAME', and log in again"
            case EBUSY: "another program is using \(path): end it first ('fuser \(path)' names it)"
            // ENOSYS: qemu's emulation of a program knows nothing of cameras.
            case ENOTTY, ENOSYS: "\(path) is not a video device: 'kinglet doctor' lists the cameras"
            case EOPNOTSUPP: "\(path) is a video device but not a camera: 'kinglet doctor' lists the cameras"
            case ENODEV, ENXIO: "the camera at \(path) is gone: was it unplugged?"
            case ENOSPC:
                "the USB bus has no room for this stream: ask for a smaller one, \(path)?size=320x240, or for format=mjpeg"
            case EPIPE, ENOLINK:
                "\(path) belongs to a chain of devices that nobody has set up (see media-ctl); a camera of a Raspberry Pi is read with "
                    + "'rpicam-vid -t 0 --codec mjpeg -o - | kinglet classify -'"
            default: "cannot \(what) \(path): \(String(cString: ks_error(code)))"
            }
        return KingletError(.device, text)
    }
}
